"""PCL-5, PTSD Checklist for DSM-5: how much twenty problems bothered somebody in the past month."""

from __future__ import annotations

from forms.instrument import RWANDA, Band, Cluster, CutOff, Instrument, Item, Licence, MissingRule, ReliableChange
from forms.instruments.scale import answer_scale
from forms.instruments.source import PSYTOOLS

ANSWERS = answer_scale(
    "pcl5_answer", "intensity", ("Not at all", "A little bit", "Moderately", "Quite a bit", "Extremely")
)


def _cluster(code: str, first: int, last: int, minimum: int) -> Cluster:
    items = tuple(f"pcl5_{number}" for number in range(first, last + 1))
    return Cluster(code, items, minimum, symptom_from=2)


PCL5 = Instrument(
    name="pcl5",
    title="PCL-5",
    measures="symptoms of post-traumatic stress",
    recall="the past month",
    instruction=(
        "Below is a list of problems that people sometimes have in response to a very stressful "
        "experience. Keeping your worst event in mind, please read each problem carefully and then "
        "select one of the numbers to the right to indicate how much you have been bothered by that "
        "problem in the past month."
    ),
    items=(
        Item("pcl5_1", "Repeated, disturbing, and unwanted memories of the stressful experience?"),
        Item("pcl5_2", "Repeated, disturbing dreams of the stressful experience?"),
        Item(
            "pcl5_3",
            "Suddenly feeling or acting as if the stressful experience were actually happening again (as if "
            "you were actually back there reliving it)?",
        ),
        Item("pcl5_4", "Feeling very upset when something reminded you of the stressful experience?"),
        Item(
            "pcl5_5",
            "Having strong physical reactions when something reminded you of the stressful experience (for "
            "example, heart pounding, trouble breathing, sweating)?",
        ),
        Item("pcl5_6", "Avoiding memories, thoughts, or feelings related to the stressful experience?"),
        Item(
            "pcl5_7",
            "Avoiding external reminders of the stressful experience (for example, people, places, "
            "conversations, activities, objects, or situations)?",
        ),
        Item("pcl5_8", "Trouble remembering important parts of the stressful experience?"),
        Item(
            "pcl5_9",
            "Having strong negative beliefs about yourself, other people, or the world (for example, having "
            "thoughts such as: I am bad, there is something seriously wrong with me, no one can be trusted, "
            "the world is completely dangerous)?",
        ),
        Item("pcl5_10", "Blaming yourself or someone else for the stressful experience or what happened after it?"),
        Item("pcl5_11", "Having strong negative feelings such as fear, horror, anger, guilt, or shame?"),
        Item("pcl5_12", "Loss of interest in activities that you used to enjoy?"),
        Item("pcl5_13", "Feeling distant or cut off from other people?"),
        Item(
            "pcl5_14",
            "Trouble experiencing positive feelings (for example, being unable to feel happiness or have "
            "loving feelings for people close to you)?",
        ),
        Item("pcl5_15", "Irritable behavior, angry outbursts, or acting aggressively?"),
        Item("pcl5_16", "Taking too many risks or doing things that could cause you harm?"),
        Item("pcl5_17", "Being “superalert” or watchful or on guard?"),
        Item("pcl5_18", "Feeling jumpy or easily startled?"),
        Item("pcl5_19", "Having difficulty concentrating?"),
        Item("pcl5_20", "Trouble falling or staying asleep?"),
    ),
    answers=ANSWERS,
    bands=(
        Band("below_23", "Below 23", 0, 22),
        Band("from_23", "23 to 32", 23, 32),
        Band("from_33", "33 and more", 33, 80),
    ),
    band_source=(
        "the PCL-5 has no official severity bands: these are the ranges between the two cut-offs, "
        "Rwandan students 23 and US National Center for PTSD 31-33"
    ),
    cut_offs=(
        CutOff("international", 33, "US VA, initial research: 31-33; Zimbabwe 33", "doi 10.1186/s12888-018-1688-9"),
        CutOff("rwanda", 23, "Rwandan students, n = 143", "Niyonsenga et al. 2021, behavsci.ir/article_141027", RWANDA),
    ),
    reliable_change=(
        ReliableChange(10, "Blanchard et al. 2023, primary care: 9-12, doi 10.1002/jts.22975"),
        ReliableChange(15, "Marx et al. 2022, male veterans, Psychol Assess 34:197-203"),
    ),
    missing_rule=MissingRule(
        16, "custom: at least 16 of 20 answered, prorated (psytools SOURCES.md); the VA gives no rule"
    ),
    licence=Licence("public domain", "US Government work (National Center for PTSD, psytools SOURCES.md)"),
    source=PSYTOOLS,
    untranslated_source="a validated Kinyarwanda version exists (Niyonsenga et al. 2021)",
    clusters=(
        _cluster("b", 1, 5, minimum=1),
        _cluster("c", 6, 7, minimum=1),
        _cluster("d", 8, 14, minimum=2),
        _cluster("e", 15, 20, minimum=2),
    ),
    cluster_source=(
        "DSM-5 symptom rule, US National Center for PTSD: an item answered with 2 (Moderately) or more is a symptom; "
        "provisional, never a diagnosis"
    ),
)
