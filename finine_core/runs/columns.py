"""What columns of a run's tables are called, for those who write them and those who read them."""

ROW_NUMBER = "row_number"
GIVEN = "given"  # in predictions: of each label that may hold, whether the row has it
Q_VALUE = "q_value"  # of scores: missing where the rows of a target could not be tested
FOLD = "fold"  # of scores, in a run with folds: the training that held the row out; 0 for none
# Of scores: mean loss over the first quarter of the epochs; and how often the row was right in one
# epoch and wrong in the next, where there are classes (missing: right in none, or with folds so in
# one of the trainings).
EARLY_LOSS, FORGOTTEN = "early_loss", "forgotten"
CLUSTER = "cluster"  # of scores: rows that look alike to the model
# Of scores: the chance, 0 … 100, that the label is wrong; and the class it should be, '' for none.
SUSPICION = "suspicion"
SUGGESTED = "suggestion"
ERROR = "error"  # of a predicted number, in the numbers of the file; where numbers are learned
# Near-duplicates: the group's number (those that disagree in their label come first), the place in
# it (0 is the row to keep), and whether its rows have more than one label; missing without copies.
COPY_GROUP, COPY_PLACE, COPIES_DISAGREE = "copy_group", "copy_place", "copies_disagree"
# In the column `target`: the lines of the list by suspicion, which holds every row of the file.
BY_SUSPICION = SUSPICION
# What scores.parquet holds first, in this order; an estimator may add columns after these.
SCORE_COLUMNS = (
    "row_number",
    "row_id",
    "target",
    "mu",
    "mu_low",
    "mu_high",
    "rank",
    "mean_loss",
    "label",
    "predicted",
)
