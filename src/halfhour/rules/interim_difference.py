"""Edition `interim-difference`: the EMRS interim solution combined with Difference Metering.

Document: BSC Modification Proposal P395, section 3, Table 2; EMR Circular 170 for the interim solution itself.
"""

from __future__ import annotations


def half_hour(
    import_bp: int,
    export_bp: int,
    import_stor: int,
    export_stor: int,
    import_gen: int,
    export_gen: int,
    customer_supplier_licensed: int,
) -> tuple[int, ...]:
    """Chargeable import of one Settlement Period when the licensee's own Metering Systems are left out whole.

    Args:
        import_bp, export_bp: gross boundary import and export [Wh].
        import_stor, export_stor: licensed storage, at the boundary's voltage [Wh].
        import_gen, export_gen: licensed generation, at the boundary's voltage [Wh].
        customer_supplier_licensed: 1 where the registrant of the customer's import is a licensed Supplier, else 0.

    Returns:
        The quantities in the order of the return statement [Wh]. `non_chargeable` is signed: negative means that
        more was charged than crossed the boundary.
    """
    net_bp = import_bp - export_bp  # P395 Step 1A
    net_gen = import_gen - export_gen  # P395 Step 1A
    net_stor = import_stor - export_stor  # P395 Step 1A
    net_other = net_bp - net_gen - net_stor  # P395 section 3: differencing finds the customer

    customer_import = max(0, net_other)  # P395 section 3: the customer's differenced Metering System
    customer_export = max(0, -net_other)  # P395 section 3: the same, export

    chargeable = customer_import * customer_supplier_licensed  # P395 Table 2: only a licensed Supplier pays
    non_chargeable = import_bp - chargeable  # signed

    return net_bp, net_gen, net_stor, net_other, customer_import, customer_export, chargeable, non_chargeable
