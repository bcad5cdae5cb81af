"""Private networks: who may have third-party access, options A and B, dispensation D/380 day by day, shared meters.

Follows Electricity Act 1989 Schedule 2ZA, Elexon's guidance on D/380 and the handbook's page private-networks. The
process itself is the timetable `third-party-access`; nothing here stores anything or knows today's date.
"""

from halfhour.processes.dated import Registration
from halfhour.processes.private_networks.declaration import (
    DeclarationForm,
    Email,
    as_markdown,
    as_text,
    declaration_form,
    email,
)
from halfhour.processes.private_networks.expression import Assessment, Expression, assess, working_days_left
from halfhour.processes.private_networks.from_register import network_of
from halfhour.processes.private_networks.network import (
    Agreement,
    Appointment,
    Classes,
    Equipment,
    LossTerms,
    MddChange,
    Party,
    PrivateNetwork,
    ThirdParty,
    UseDeclaration,
)
from halfhour.processes.private_networks.options import (
    Customer,
    MsidHeld,
    OptionSpan,
    option,
    option_changes,
    option_spans,
)
from halfhour.processes.private_networks.related import Holding, Relation, related_to
from halfhour.processes.private_networks.status import D380Status, StatusSpan, d380_status, holds, status_spans
from halfhour.processes.private_networks.visibility import (
    Visibility,
    Visible,
    not_looked_up,
    switch_due_by,
    visible_in,
    what_the_change_lacks,
)

__all__ = [
    "Agreement",
    "Appointment",
    "Assessment",
    "Classes",
    "Customer",
    "D380Status",
    "DeclarationForm",
    "Email",
    "Equipment",
    "Expression",
    "Holding",
    "LossTerms",
    "MddChange",
    "MsidHeld",
    "OptionSpan",
    "Party",
    "PrivateNetwork",
    "Registration",
    "Relation",
    "StatusSpan",
    "ThirdParty",
    "UseDeclaration",
    "Visibility",
    "Visible",
    "as_markdown",
    "as_text",
    "assess",
    "d380_status",
    "declaration_form",
    "email",
    "holds",
    "network_of",
    "not_looked_up",
    "option",
    "option_changes",
    "option_spans",
    "related_to",
    "status_spans",
    "switch_due_by",
    "visible_in",
    "what_the_change_lacks",
    "working_days_left",
]
