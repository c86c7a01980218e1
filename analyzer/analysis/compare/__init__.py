"""Before and after: honest differences between two recordings, or between paired runs."""

from analyzer.analysis.compare.differences import (
    Difference,
    newcombe,
    quantile_differences,
    share_difference,
)
from analyzer.analysis.compare.gates import (
    PAIRED_ALPHA,
    Judged,
    Verdict,
    benjamini_hochberg,
    holm,
    judge,
    judge_all,
    overall,
)
from analyzer.analysis.compare.journeys import (
    JourneyComparison,
    Margins,
    Side,
    compare_journeys,
)
from analyzer.analysis.compare.paired import (
    MIN_PAIRS,
    PairedDifference,
    paired_difference,
    sign_flip_p,
)

__all__ = [
    "MIN_PAIRS",
    "PAIRED_ALPHA",
    "Difference",
    "JourneyComparison",
    "Judged",
    "Margins",
    "PairedDifference",
    "Side",
    "Verdict",
    "benjamini_hochberg",
    "compare_journeys",
    "holm",
    "judge",
    "judge_all",
    "newcombe",
    "overall",
    "paired_difference",
    "quantile_differences",
    "share_difference",
    "sign_flip_p",
]
