-- Model version 915935e64caf, SHA-256 915935e64caf8e89fe3d34c71ef75f18218ca8b799162fd8b52132aa6ce9074a.
-- Written by iris export: change the model, not this file.
-- For snowflake. A parser of its SQL has checked the syntax; it has not been run.
-- Gives each row of the table with label, class_index, probability_<class> and leaf as its last columns.
-- If the table has a column of such a name, there are two of it, and the last one is the answer.
WITH iris_leaves AS (
  SELECT * FROM (VALUES
    ('no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 2),
    ('yes', 1, '0.2'::FLOAT, '0.8'::FLOAT, 3),
    ('no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 5),
    ('yes', 1, '0.0'::FLOAT, '1.0'::FLOAT, 6)
  ) AS v ("label", "class_index", "probability_no", "probability_yes", "leaf")
)
SELECT iris_table.*, a."label", a."class_index", a."probability_no", a."probability_yes", a."leaf"
FROM "shop"."toys" AS iris_table
LEFT JOIN iris_leaves AS a ON a."leaf" = CASE WHEN CAST(iris_table."size" AS FLOAT) IS NULL
    OR NOT (CAST(iris_table."size" AS FLOAT) BETWEEN '-1.7976931348623157e+308'::FLOAT AND '1.7976931348623157e+308'::FLOAT)
    OR NOT (NULLIF(CAST(iris_table."weight" AS FLOAT), 'NaN'::FLOAT) BETWEEN '-1.7976931348623157e+308'::FLOAT AND '1.7976931348623157e+308'::FLOAT)
  THEN NULL ELSE CASE
  WHEN CAST(iris_table."size" AS FLOAT) <= '1.5'::FLOAT THEN CASE
    WHEN NULLIF(CAST(iris_table."color" AS VARCHAR), '') NOT IN ('green') OR NULLIF(CAST(iris_table."color" AS VARCHAR), '') IS NULL THEN 2
    ELSE 3
  END
  WHEN NULLIF(CAST(iris_table."weight" AS FLOAT), 'NaN'::FLOAT) <= '10.0'::FLOAT OR NULLIF(CAST(iris_table."weight" AS FLOAT), 'NaN'::FLOAT) IS NULL THEN 5
  ELSE 6
END END;
