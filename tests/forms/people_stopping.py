"""The people of the tests whose intake interview stops: at which item, and what the phone still sends."""

from __future__ import annotations

from tests.forms.people_answers import (
    ARRIVES,
    LEAVES,
    PCL5_DENIED,
    Round,
    calm,
    scale,
    scored,
    stop,
    triage,
)
from tests.forms.people_at_intake import AFTER, CALM, WELL, intake, ninth

STOPS = (
    intake(
        "stopped at the first item of the PHQ-9",
        sends=ARRIVES | {"phq9_1": "stopped"} | scored("phq9", 0, 0) | stop("phq9", "distress") | LEAVES,
        unasked=scale("phq9", "0" * 8, first=2) | AFTER,
    ),
    intake(
        "stopped in the middle of the PHQ-9, death was spoken of: imminent",
        sends=ARRIVES
        | scale("phq9", "2222s")
        | scored("phq9", 4, 8)
        | stop("phq9", "not_private", harm="yes")
        | triage("safety_2", "yyyn", "imminent", "called_psychologist")
        | LEAVES,
        unasked=scale("phq9", "0000", first=6) | {"phq9_10": "1"} | AFTER,
    ),
    intake(
        "stopped at the last item of the PHQ-9, which may count already",
        sends=ARRIVES | scale("phq9", "11111111s") | scored("phq9", 8, 8, 9, "mild") | stop("phq9") | LEAVES,
        unasked={"phq9_10": "1"} | AFTER,
    ),
    intake(
        "stopped at the difficulty, after the triage",
        sends=ARRIVES
        | ninth("1", 1)
        | {"phq9_10": "stopped"}
        | triage("safety", "nnnn", "low", "none_needed")
        | stop("phq9", "other_known", harm="yes")
        | LEAVES,
        unasked=AFTER,
    ),
    intake(
        "stopped at the first item of the GAD-7",
        sends=ARRIVES | calm("phq9") | {"gad7_1": "stopped"} | scored("gad7", 0, 0) | stop("gad7") | LEAVES,
        unasked=scale("gad7", "0" * 6, first=2) | calm("pcl5"),
    ),
    intake(
        "stopped in the middle of the GAD-7 after a triage: no second triage",
        sends=ARRIVES
        | ninth("1", 1)
        | triage("safety", "ynnn", "moderate", "called_help_line")
        | scale("gad7", "111s")
        | scored("gad7", 3, 3)
        | stop("gad7", "distress", harm="yes")
        | LEAVES,
        unasked=triage("safety_2", "yyyy", "imminent", "called_help_line") | calm("pcl5"),
    ),
    intake(
        "stopped at the last item of the GAD-7, which still has a score",
        sends=ARRIVES
        | calm("phq9")
        | scale("gad7", "000000s")
        | scored("gad7", 6, 0, 0, "minimal")
        | stop("gad7")
        | LEAVES,
        unasked=calm("pcl5"),
    ),
    intake(
        "stopped at the first item of the PCL-5",
        sends=ARRIVES | calm("phq9", "gad7") | {"pcl5_1": "stopped"} | scored("pcl5", 0, 0) | stop("pcl5") | LEAVES,
        unasked=scale("pcl5", "0" * 19, first=2),
    ),
    intake(
        "stopped in the middle of the PCL-5, death was spoken of: low",
        sends=ARRIVES
        | calm("phq9", "gad7")
        | scale("pcl5", "000000000s")
        | scored("pcl5", 9, 0)
        | PCL5_DENIED
        | stop("pcl5", harm="yes")
        | triage("safety_2", "nnnn", "low", "trusted_person")
        | LEAVES,
        unasked=scale("pcl5", "0" * 10, first=11),
    ),
    intake(
        "stopped at the last item of the PCL-5",
        sends=ARRIVES
        | calm("phq9", "gad7")
        | scale("pcl5", "2222222222222222222s")
        | scored("pcl5", 19, 38, 40, "from_33")
        | {"pcl5_cluster_rule": "met"}
        | stop("pcl5")
        | LEAVES,
    ),
    intake(
        "whoever goes on after all is asked the rest",
        sends=WELL,
        at_first={"phq9_6": "stopped", "stop_reason": "no_time", "spoke_of_harm": "no"},
        goes_back=(Round({**CALM}),),
    ),
    intake(
        "an interview that stops on second thoughts sends nothing that came later",
        sends=ARRIVES | calm("phq9") | {"gad7_1": "stopped"} | scored("gad7", 0, 0) | stop("gad7") | LEAVES,
        at_first={**AFTER, "gad7_1": "0"},
        goes_back=(Round({"gad7_1": "stopped", "stop_reason": "no_time", "spoke_of_harm": "no"}),),
    ),
)
