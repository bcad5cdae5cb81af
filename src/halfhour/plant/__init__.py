"""What a plant is: licence exemption, size, agreements and routes into the BSC, who receives which benefit.

Follows the handbook's page on embedded generation; the decision tables are data files in `data/`.
"""

from halfhour.plant.answers import (
    ArrangementAnswer,
    Assessment,
    Contradiction,
    Difference,
    LicenceSection,
    OpenQuestion,
    RouteAnswer,
    Step,
)
from halfhour.plant.assessment import assess
from halfhour.plant.licence import ClassAnswer, LicenceAnswer, declared_net_capacity, exemptable, licence_exempt
from halfhour.plant.model import Arrangement, Person, Plant, Station
from halfhour.plant.plant_file import plant_of_text, read_plant
from halfhour.plant.questions import generation_tnuos
from halfhour.plant.routes import COMPONENTS, ROUTES, Combination, Decision, Recipient, decide, judge, recipients
from halfhour.plant.sizes import Size, group_areas, size

__all__ = [
    "COMPONENTS",
    "ROUTES",
    "Arrangement",
    "ArrangementAnswer",
    "Assessment",
    "ClassAnswer",
    "Combination",
    "Contradiction",
    "Decision",
    "Difference",
    "LicenceAnswer",
    "LicenceSection",
    "OpenQuestion",
    "Person",
    "Plant",
    "Recipient",
    "RouteAnswer",
    "Size",
    "Station",
    "Step",
    "assess",
    "decide",
    "declared_net_capacity",
    "exemptable",
    "generation_tnuos",
    "group_areas",
    "judge",
    "licence_exempt",
    "plant_of_text",
    "read_plant",
    "recipients",
    "size",
]
