"""The words by which submitters name diseases, controls, people and what else samples differ in."""

import re
from functools import cache

MISSING = {"", "na", "n/a", "nan", "null", "unknown", "missing", "-", "--", ".", "?"}
MISSING |= {"not available", "not applicable", "not determined", "not known", "not reported"}

# Whole words; an acronym that means other things too (HD, ND) is left out.
CONTROL = re.compile(
    r"\b(healthy|controls?|ctrls?|ctls?|cntrl|normals?|unaffected|non-?diseased?|uninfected|"
    r"disease[- ]free|neurotypical|typically developing|hc|nhc|ngt)\b"
)
CONTROL_ALONE = {"con", "cont", "ctr", "nc", "hv", "lean", "reference"}
NO_CONTROL = re.compile(
    r"\b(disease controls?|ab-?normal|(not|non)[- ](normal|healthy|controls?)|positive controls?)\b"
)
UNTREATED = re.compile(
    r"\b(untreated|un-?stimulated|non-?treated|non-?stimulated|vehicle|mock|dmso|pbs|saline|"
    r"placebo|baseline|sham|wild[- ]?type|wt|scrambled?|pre-?treatment|before)\b"
)
NEGATION = {"no", "non", "not", "without", "never"}
# Diseases whose name begins with non; they are no controls of the other kind.
NON_DISEASES = {"small", "hodgkin", "hodgkins", "alcoholic", "melanoma", "ischemic", "ischaemic"}
YES = {"yes", "y", "1", "true", "positive", "pos", "present", "case", "cases"}
NO = {"no", "n", "0", "false", "negative", "neg", "absent", "none", "control"}

GENERIC = {"case", "cases", "patient", "patients", "disease", "diseased", "affected", "subject"}
GENERIC |= {"sick", "ill", "group", "test", "experimental", "individual"} | YES
# Words that stand around the name of a disease and are no part of it.
FILLER = {"patient", "patients", "subject", "subjects", "sample", "samples", "donor", "donors"}
FILLER |= {"individual", "individuals", "tissue", "tissues", "from", "with", "of", "in", "the"}
FILLER |= {
    "a",
    "an",
    "and",
    "diagnosed",
    "isolated",
    "human",
    "biopsy",
    "biopsies",
    "case",
    "cases",
}
FILLER |= {"joint", "joints", "blood", "group", "rep", "replicate", "mellitus"}

_DISEASES = (
    "adenocarcinoma adenoma allergy alzheimer amyotrophic anemia aneurysm anorexia arthritis "
    "asthma atherosclerosis atrophy autism bipolar bronchitis cancer carcinoma cardiomyopathy "
    "celiac cirrhosis colitis copd covid crohn dementia depression dermatitis diabetes "
    "dystrophy eczema emphysema encephalitis endometriosis epilepsy fibromyalgia fibrosis "
    "glioblastoma glioma gout hepatitis hiv huntington hypertension infarction infection "
    "influenza ischemia leukemia lupus lymphoma malaria melanoma metastasis migraine myeloma "
    "myopathy myositis narcolepsy nephritis nephropathy neuropathy obesity osteoarthritis "
    "osteopenia osteoporosis pancreatitis parkinson periodontitis pneumonia preeclampsia "
    "psoriasis retinopathy rhinitis rosacea sarcoidosis sarcoma sarcopenia schizophrenia "
    "scleroderma sclerosis sepsis septic sjogren spondylitis steatosis stroke syndrome "
    "tuberculosis tumor tumour vasculitis vitiligo disease disorder malignant obese diabetic "
    "asthmatic infected inflamed autistic lesional"
)
DISEASE_WORDS = tuple(_DISEASES.split())
DISEASE_ENDING = re.compile(r"\w{3,}(itis|osis|a?emia|oma|opathy|trophy|penia|algia|plegia)")
NO_DISEASE = {"diagnosis", "prognosis", "mitosis", "meiosis", "apoptosis", "stroma", "trachoma"}
NO_DISEASE |= {"academia", "phagocytosis", "endocytosis", "exocytosis", "telomere", "necrosis"}
# Acronyms that are not the first letters of their words; used only where both forms occur.
ACRONYMS = {
    "oa": "osteoarthritis",
    "op": "osteoporosis",
    "tb": "tuberculosis",
    "ssc": "scleroderma",
}
ACRONYMS |= {"dm1": "myotonic_dystrophy_type_1", "ibd": "inflammatory_bowel_disease"}

_SUFFIXES = ("itis", "itic", "osis", "otic", "asis", "atic", "ity", "ia", "ic", "is", "es", "ed")
_SUFFIXES += ("e", "a", "s")


def plain(text: str) -> str:
    """Return text in lower case, underscores and runs of white space as one blank."""
    return " ".join(text.replace("_", " ").lower().split())


def is_missing(value: str) -> bool:
    """Say whether a value stands for none."""
    return plain(value) in MISSING


def words(text: str) -> list[str]:
    """Return the words of a text in lower case; an underscore and a hyphen part two words."""
    return re.findall(r"[^\W_]+", re.sub(r"['’]s?\b", "", text.lower()))


@cache
def stem(word: str) -> str:
    """Return what a noun and its adjective have in common: osteoarthritis, osteoarthritic."""
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            return word.removesuffix(suffix)
    return word


@cache
def is_disease_word(word: str) -> bool:
    """Say whether a word in lower case names a disease, or begins such a name (osteopo…)."""
    if word in NO_DISEASE:
        return False
    if stem(word) in {stem(known) for known in DISEASE_WORDS} or DISEASE_ENDING.fullmatch(word):
        return True
    return completed(word) != word


def completed(word: str) -> str:
    """Return the only disease that a shortened word can mean, or the noun of an adjective."""
    nouns = [known for known in DISEASE_WORDS if len(word) >= 6 and stem(known) == stem(word)]
    if nouns:
        return nouns[0]
    longer = [known for known in DISEASE_WORDS if len(word) >= 6 and known.startswith(word)]
    return longer[0] if len(longer) == 1 else word


def names_disease(text: str) -> bool:
    """Say whether a text holds a word that names a disease."""
    return any(is_disease_word(word) for word in words(text))


def is_control(value: str) -> bool:
    """Say whether a value holds a word for people without a disease."""
    text = plain(value)
    if NO_CONTROL.search(text):
        return False
    return text in CONTROL_ALONE or bool(CONTROL.search(text))


def is_other_control(value: str) -> bool:
    """Say whether a value names people with another disease, who are neither case nor control."""
    return bool(re.search(r"\bdisease controls?\b", plain(value)))


def is_untreated(value: str) -> bool:
    """Say whether a value holds a word for samples to which nothing was done."""
    return plain(value) == "none" or bool(UNTREATED.search(plain(value)))


def denies(value: str, others: list[str]) -> bool:
    """Say whether a value denies what another one says: non-diabetic where one is diabetic."""
    said = {stem(word) for other in others for word in words(other) if not _denied(words(other))}
    denied = _denied(words(value))
    return bool(denied) and stem(denied) in said


def _denied(listed: list[str]) -> str:
    """Return the word that is denied in a value, or an empty text."""
    for word, following in zip(listed, [*listed[1:], ""], strict=False):
        if word in NEGATION and following and following not in NON_DISEASES:
            return following
        if word.startswith("non") and len(word) > 6 and is_disease_word(word[3:]):
            return word[3:]
    if len(listed) > 1 and listed[-1] in ("negative", "neg", "free"):
        return listed[-2]
    return ""
