"""Checks of a portfolio as a whole: small functions from the portfolio to findings, run in one list.

Follows private-networks 2 to 5, chargeable-imports 1.3, 1.4 and 6, and identifiers-and-market-data 1 to 3. No check
changes the portfolio, and none depends on another having run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from halfhour.errors import Finding
from halfhour.register.checks import asset_voltages, bm_units, declarations, identifiers, interim, meterings, networks
from halfhour.register.model import Portfolio

Check = Callable[[Portfolio], Iterable[Finding]]

CHECKS: tuple[Check, ...] = (
    identifiers.site_ids_are_unique,
    identifiers.gsp_groups_are_known,
    identifiers.msids_are_well_formed,
    identifiers.short_codes_belong_to_the_gsp_group,
    identifiers.participants_are_well_formed,
    identifiers.msids_are_used_once,
    meterings.site_has_a_boundary,
    meterings.metering_measures_something,
    meterings.names_are_unique_on_any_day,
    meterings.keys_belong_to_the_kind,
    meterings.classes_belong_to_an_msid,
    meterings.dates_run_forwards,
    meterings.numbers_are_in_range,
    networks.parents_are_given,
    networks.parents_are_known,
    networks.parents_are_active,
    networks.parents_form_no_cycle,
    networks.line_loss_factor_classes_are_alike,
    networks.losses_are_applied_once,
    networks.netting_is_stated,
    networks.full_settlement_is_complete,
    networks.option_changes,
    networks.private_network_has_third_parties,
    bm_units.bm_units_are_of_the_site,
    bm_units.imports_have_a_bm_unit,
    asset_voltages.loss_factors_are_unambiguous,
    asset_voltages.assets_reach_the_boundary_voltage,
    declarations.declared_meterings_are_known,
    declarations.declared_dates_lie_within_the_meterings,
    declarations.emr_msid_declarations_name_imports,
    declarations.emr_msid_sites_have_no_final_demand,
    declarations.emr_amsid_declarations_name_licensed_assets,
    declarations.emr_amsid_declarations_are_in_smrs,
    declarations.emr_declarations_do_not_overlap,
    declarations.sites_are_declared_one_way_at_a_time,
    declarations.emr_and_nfd_declarations,
    declarations.licensed_assets_are_declared,
    interim.interim_conditions_are_met,
    interim.interim_solution_is_over,
    interim.emr_declarations_are_in_force,
)


def check_portfolio(portfolio: Portfolio) -> list[Finding]:
    """Every finding of every check, each once, in order of check and site."""
    return list(dict.fromkeys(finding for check in CHECKS for finding in check(portfolio)))
