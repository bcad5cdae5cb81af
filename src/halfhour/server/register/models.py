"""Facts of the register, typed, each with two times.

`effective_from` and `effective_to` say when a fact holds (closed-open, null = open), `recorded_at` and `recorded_until`
when it was believed (null = still). Nothing is changed but that a belief ends: a correction ends one, records others.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models


class Change(models.Model):
    """A writing to the register: who, when and why.

    Attributes:
        moment: later than that of every change before it, and the order of committing.
        case: id of the case that called for it, empty where none did.
        organisation: MPID in whose name it was made, empty for whoever runs the server.
    """

    moment = models.DateTimeField(unique=True)
    who = models.CharField(max_length=80)
    why = models.CharField(max_length=500)
    case = models.CharField(max_length=12, blank=True, db_index=True)
    organisation = models.CharField(max_length=40, blank=True)


class Fact(models.Model):
    """What every fact has. `KEY` names the fields that tell one subject from another; beliefs of one never overlap."""

    KEY: ClassVar[tuple[str, ...]] = ()
    VALUES: ClassVar[tuple[str, ...]] = ()

    effective_from = models.DateField(null=True)
    effective_to = models.DateField(null=True)
    recorded_at = models.DateTimeField()
    recorded_until = models.DateTimeField(null=True)
    change = models.ForeignKey(Change, on_delete=models.PROTECT, related_name="+")
    ended_by = models.ForeignKey(Change, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        """No table of its own."""

        abstract = True

    def key(self) -> tuple[Any, ...]:
        """The subject's key."""
        return tuple(getattr(self, name) for name in self.KEY)

    def values(self) -> dict[str, Any]:
        """What it says of the subject."""
        return {name: getattr(self, name) for name in self.VALUES}


def _text(length: int, **more: Any) -> models.CharField:
    return models.CharField(max_length=length, null=True, **more)


class Party(Fact):
    """An organisation by its Market Participant Id."""

    KEY = ("mpid",)
    VALUES = ("name",)
    mpid = models.CharField(max_length=40, db_index=True)
    name = models.CharField(max_length=200)


class PartyRole(Fact):
    """A Market Participant Role of a party: X Supplier, M Meter Operator, C or D Data Collector, R LDSO and so on."""

    KEY = ("mpid", "role")
    VALUES = ("distributor_id",)
    mpid = models.CharField(max_length=40, db_index=True)
    role = models.CharField(max_length=20)
    distributor_id = _text(2)


class Site(Fact):
    """A site of a portfolio; the keys of the portfolio's files."""

    KEY = ("site",)
    VALUES = (
        *("portfolio", "name", "gsp_group", "voltage", "network", "registered_in", "settlement_option", "netting"),
        *("negative_result", "customer_supplier_licensed", "exempt_capacity_kw"),
    )
    site = models.CharField(max_length=100, db_index=True)
    portfolio = models.CharField(max_length=60, db_index=True)
    name = models.CharField(max_length=300)
    gsp_group = models.CharField(max_length=2)
    voltage = models.CharField(max_length=5)
    network = models.CharField(max_length=10)
    registered_in = models.CharField(max_length=4)
    settlement_option = models.CharField(max_length=20)
    netting = models.CharField(max_length=20)
    negative_result = models.CharField(max_length=20)
    customer_supplier_licensed = models.BooleanField()
    exempt_capacity_kw = _text(40)


class Metering(Fact):
    """A Metering System or Asset Metering System of a site; the keys of the portfolio's files, and its place there."""

    KEY = ("site", "name")
    VALUES = (
        *("portfolio", "place", "at", "import_msid", "export_msid", "voltage", "bm_unit", "supplier", "licensed"),
        *("parent", "losses", "compensated_in_meter", "capacity_kw", "import_llfc", "export_llfc", "import_mtc"),
        *("export_mtc", "import_ssc", "export_ssc", "import_profile_class", "export_profile_class"),
        *("measurement_class", "technology", "meter", "mdd_change"),
    )
    site = models.CharField(max_length=100, db_index=True)
    name = models.CharField(max_length=300)
    portfolio = models.CharField(max_length=60, db_index=True)
    place = models.PositiveIntegerField()
    at = models.CharField(max_length=12)
    import_msid = _text(13, db_index=True)
    export_msid = _text(13, db_index=True)
    voltage = models.CharField(max_length=5)
    bm_unit = _text(40)
    supplier = _text(20)
    licensed = models.BooleanField()
    parent = _text(300)
    losses = _text(40)
    compensated_in_meter = models.BooleanField()
    capacity_kw = _text(40)
    import_llfc = _text(3)
    export_llfc = _text(3)
    import_mtc = _text(3)
    export_mtc = _text(3)
    import_ssc = _text(4)
    export_ssc = _text(4)
    import_profile_class = _text(2)
    export_profile_class = _text(2)
    measurement_class = _text(1)
    technology = _text(12)
    meter = _text(20)
    mdd_change = _text(200)


class Declaration(Fact):
    """A declaration over meterings of a site, `metering` their names by semicolons as in the portfolio's files."""

    KEY = ("site", "kind", "metering")
    VALUES = ("portfolio", "place", "by", "default_factor")
    site = models.CharField(max_length=100, db_index=True)
    kind = models.CharField(max_length=10)
    metering = models.TextField()
    portfolio = models.CharField(max_length=60, db_index=True)
    place = models.PositiveIntegerField()
    by = _text(20)
    default_factor = _text(40)


class LossFactor(Fact):
    """A Line Loss Factor by voltage of a portfolio."""

    KEY = ("portfolio", "gsp_group", "voltage", "measurement_quantity", "first_period", "last_period")
    VALUES = ("thousandths",)
    portfolio = models.CharField(max_length=60, db_index=True)
    gsp_group = models.CharField(max_length=2)
    voltage = models.CharField(max_length=5)
    measurement_quantity = models.CharField(max_length=2)
    first_period = models.PositiveSmallIntegerField()
    last_period = models.PositiveSmallIntegerField()
    thousandths = models.PositiveIntegerField()


class PortfolioSettings(Fact):
    """Parameters that a portfolio sets; what is null is as shipped."""

    KEY = ("portfolio",)
    VALUES = ("default_ncsp", "ncsp_missing_days", "usage_factor_reference", "bg_clock", "trading_unit")
    portfolio = models.CharField(max_length=60, db_index=True)
    default_ncsp = _text(40)
    ncsp_missing_days = models.CharField(max_length=20)
    usage_factor_reference = models.CharField(max_length=20)
    bg_clock = _text(10)
    trading_unit = _text(12)


class Registration(Fact):
    """Who supplies an MSID."""

    KEY = ("msid",)
    VALUES = ("supplier", "contract_reference")
    msid = models.CharField(max_length=13, db_index=True)
    supplier = models.CharField(max_length=4, db_index=True)
    contract_reference = _text(60)


class Appointment(Fact):
    """An agent's appointment to an MSID: M Meter Operator, C or D Data Collector, A or B Data Aggregator."""

    KEY = ("msid", "role")
    VALUES = ("agent", "contract_reference")
    msid = models.CharField(max_length=13, db_index=True)
    role = models.CharField(max_length=1)
    agent = models.CharField(max_length=4, db_index=True)
    contract_reference = _text(60)


class Meter(Fact):
    """A Meter as the Meter Technical Details of an MSID have it.

    Attributes:
        measures: `AI`, `AE` or `AI,AE`.
        kind: electromechanical, electronic-import-only, import-export, smart.
        backstop: whether it has one; null where it is not known.
    """

    KEY = ("serial", "msid")
    VALUES = ("measures", "kind", "backstop", "outstation", "code_of_practice", "capacity_mva", "half_hourly")
    serial = models.CharField(max_length=20, db_index=True)
    msid = models.CharField(max_length=13, db_index=True)
    measures = models.CharField(max_length=5)
    kind = _text(30)
    backstop = models.BooleanField(null=True)
    outstation = _text(20)
    code_of_practice = _text(4)
    capacity_mva = _text(20)
    half_hourly = models.BooleanField(null=True)


class Dispensation(Fact):
    """A Metering Dispensation, D/380 or site-specific, of an MSID."""

    KEY = ("reference", "msid")
    VALUES = ("kind", "evidence", "signed_on", "signatory")
    reference = models.CharField(max_length=60, db_index=True)
    msid = models.CharField(max_length=13, db_index=True)
    kind = models.CharField(max_length=20)
    evidence = _text(300)
    signed_on = models.DateField(null=True)
    signatory = _text(200)


class MarketDataChange(Fact):
    """A pending change of Market Domain Data for an MSID, such as the combination with MTC 997."""

    KEY = ("msid", "reference")
    VALUES = ("entities", "form_date", "ldso_agreed_on", "target_release")
    msid = models.CharField(max_length=13, db_index=True)
    reference = models.CharField(max_length=60)
    entities = models.CharField(max_length=40)
    form_date = models.DateField(null=True)
    ldso_agreed_on = models.DateField(null=True)
    target_release = _text(40)


class LossEvidence(Fact):
    """How private-network losses of a Third Party Meter are treated, and what proves it."""

    KEY = ("msid",)
    VALUES = ("option", "factor", "method", "methodology", "evidence")
    msid = models.CharField(max_length=13, db_index=True)
    option = models.CharField(max_length=10)
    factor = _text(40)
    method = _text(40)
    methodology = _text(300)
    evidence = _text(300)


KINDS: dict[str, type[Fact]] = {
    "party": Party,
    "party-role": PartyRole,
    "site": Site,
    "metering": Metering,
    "declaration": Declaration,
    "loss-factor": LossFactor,
    "settings": PortfolioSettings,
    "registration": Registration,
    "appointment": Appointment,
    "meter": Meter,
    "dispensation": Dispensation,
    "market-data-change": MarketDataChange,
    "loss-evidence": LossEvidence,
}
"""Every kind of fact by the name that people write."""

PORTFOLIO_KINDS = ("site", "metering", "declaration", "loss-factor", "settings")
"""Those that a portfolio's files hold."""
