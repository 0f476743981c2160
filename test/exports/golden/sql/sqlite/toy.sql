-- Model version 915935e64caf, SHA-256 915935e64caf8e89fe3d34c71ef75f18218ca8b799162fd8b52132aa6ce9074a.
-- Written by iris export: change the model, not this file.
-- For sqlite.
-- Gives each row of the table with label, class_index, probability_<class> and leaf as its last columns.
-- If the table has a column of such a name, there are two of it, and the last one is the answer.
WITH iris_leaves ("label", "class_index", "probability_no", "probability_yes", "leaf") AS (
  VALUES
    ('no', 0, 1.0, 0.0, 2),
    ('yes', 1, (3602879701896397.0 / 1125899906842624.0 / 16.0 /* 0.2 */), (3602879701896397.0 / 1125899906842624.0 / 4.0 /* 0.8 */), 3),
    ('no', 0, 1.0, 0.0, 5),
    ('yes', 1, 0.0, 1.0, 6)
)
SELECT iris_table.*, a."label", a."class_index", a."probability_no", a."probability_yes", a."leaf"
FROM "shop"."toys" AS iris_table
LEFT JOIN iris_leaves AS a ON a."leaf" = CASE WHEN CAST(iris_table."size" AS REAL) IS NULL
    OR NOT (CAST(iris_table."size" AS REAL) > -9e999 AND iris_table."size" < CAST(9e999 AS REAL))
    OR NOT (CAST(iris_table."weight" AS REAL) > -9e999 AND iris_table."weight" < CAST(9e999 AS REAL))
  THEN NULL ELSE CASE
  WHEN CAST(iris_table."size" AS REAL) <= 1.5 THEN CASE
    WHEN NULLIF(CAST(iris_table."color" AS TEXT) COLLATE BINARY, '') NOT IN ('green') OR NULLIF(CAST(iris_table."color" AS TEXT) COLLATE BINARY, '') IS NULL THEN 2
    ELSE 3
  END
  WHEN CAST(iris_table."weight" AS REAL) <= 10.0 OR CAST(iris_table."weight" AS REAL) IS NULL THEN 5
  ELSE 6
END END;
