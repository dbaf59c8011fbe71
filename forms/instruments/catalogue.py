"""Every instrument that the forms can ask, by name: the free ones complete, the others as slots without wording."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from forms.instrument import Instrument
from forms.instruments.gad7 import GAD7
from forms.instruments.k6 import K6
from forms.instruments.pcl5 import PCL5
from forms.instruments.phq9 import PHQ9
from forms.instruments.phq15 import PHQ15
from forms.instruments.slots import SLOTS
from forms.instruments.srq20 import SRQ20
from forms.instruments.who5 import WHO5

FREE = (PHQ9, GAD7, PCL5, PHQ15, SRQ20, WHO5, K6)
CATALOGUE: Mapping[str, Instrument] = MappingProxyType({each.name: each for each in (*FREE, *SLOTS)})
