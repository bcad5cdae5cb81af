"""`halfhour working`: a rule carried out for figures typed in, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from halfhour.cli import arguments
from halfhour.cli.output import grouped, print_json, print_line, print_table

if TYPE_CHECKING:
    from halfhour.settlement.working import WorkingStep


def working(
    *,
    edition: str,
    import_bp: str | None = None,
    export_bp: str | None = None,
    import_stor: str | None = None,
    export_stor: str | None = None,
    import_gen: str | None = None,
    export_gen: str | None = None,
    factor: str | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """The working of a rule for figures typed in, in kWh with up to three decimals; absent = 0.

    Example (the half hour of the P395 proposal):
    halfhour working --edition p395-proposed --import-bp 2500 --export-bp 300 --import-stor 1300 --export-stor 200
    --export-gen 1800 --factor 0.30

    Parameters
    ----------
    edition
        default, interim-difference, p395-proposed or osam-1.0.
    import_bp
        Gross import at the Boundary Point [kWh].
    export_bp
        Gross export at the Boundary Point [kWh].
    import_stor
        Import of licensed storage [kWh].
    export_stor
        Export of licensed storage [kWh].
    import_gen
        Import of licensed generation [kWh].
    export_gen
        Export of licensed generation [kWh].
    factor
        Usage factor (p395-proposed: share chargeable; osam-1.0: NCSP, share not chargeable), 0 to 1.
    json
        One JSON document on standard output: edition, values, steps.
    """
    from halfhour.settlement.working import working as carry_out  # noqa: PLC0415

    made = carry_out(
        edition,
        import_bp=arguments.watt_hours(import_bp, "--import-bp"),
        export_bp=arguments.watt_hours(export_bp, "--export-bp"),
        import_stor=arguments.watt_hours(import_stor, "--import-stor"),
        export_stor=arguments.watt_hours(export_stor, "--export-stor"),
        import_gen=arguments.watt_hours(import_gen, "--import-gen"),
        export_gen=arguments.watt_hours(export_gen, "--export-gen"),
        factor=None if factor is None else arguments.decimal(factor, "--factor"),
    )
    if json:
        print_json(made.document())
        return
    print_steps(f"Edition {made.edition}", made.steps)
    print_line(
        f"Chargeable {grouped(str(made.values['chargeable_wh']))} Wh, "
        f"not chargeable {grouped(str(made.values['non_chargeable_wh']))} Wh."
    )


def print_steps(title: str, steps: list[WorkingStep]) -> None:
    """A working as a table: quantity, formula, numbers, value, unit, clause."""
    print_table(
        title,
        ("quantity", "formula", "numbers", "value", "unit", "clause"),
        [
            (step.name, step.formula, grouped(step.numbers), grouped(str(step.value)), step.unit, step.clause)
            for step in steps
        ],
        numeric=(3,),
    )
