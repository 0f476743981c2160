-- Model version 915935e64caf, SHA-256 915935e64caf8e89fe3d34c71ef75f18218ca8b799162fd8b52132aa6ce9074a.
-- Written by iris export: change the model, not this file.
-- For postgres. SET jit = off first: compiling a large CASE takes longer than scoring a million rows.
-- Gives each row of the table with label, class_index, probability_<class> and leaf as its last columns.
-- If the table has a column of such a name, there are two of it, and the last one is the answer.
WITH iris_leaves ("label", "class_index", "probability_no", "probability_yes", "leaf") AS (
  VALUES
    ('no', 0, '1.0'::float8, '0.0'::float8, 2),
    ('yes', 1, '0.2'::float8, '0.8'::float8, 3),
    ('no', 0, '1.0'::float8, '0.0'::float8, 5),
    ('yes', 1, '0.0'::float8, '1.0'::float8, 6)
)
SELECT iris_table.*, a."label", a."class_index", a."probability_no", a."probability_yes", a."leaf"
FROM "shop"."toys" AS iris_table
LEFT JOIN iris_leaves AS a ON a."leaf" = CASE WHEN CAST(iris_table."size" AS double precision) IS NULL
    OR NOT (CAST(iris_table."size" AS double precision) BETWEEN '-1.7976931348623157e+308'::float8 AND '1.7976931348623157e+308'::float8)
    OR NOT (NULLIF(CAST(iris_table."weight" AS double precision), 'NaN'::float8) BETWEEN '-1.7976931348623157e+308'::float8 AND '1.7976931348623157e+308'::float8)
  THEN NULL ELSE CASE
  WHEN CAST(iris_table."size" AS double precision) <= '1.5'::float8 THEN CASE
    WHEN NULLIF(CAST(iris_table."color" AS text) COLLATE "C", '') NOT IN ('green') OR NULLIF(CAST(iris_table."color" AS text) COLLATE "C", '') IS NULL THEN 2
    ELSE 3
  END
  WHEN NULLIF(CAST(iris_table."weight" AS double precision), 'NaN'::float8) <= '10.0'::float8 OR NULLIF(CAST(iris_table."weight" AS double precision), 'NaN'::float8) IS NULL THEN 5
  ELSE 6
END END;
