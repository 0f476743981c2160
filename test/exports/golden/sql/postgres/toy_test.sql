-- Model version 915935e64caf, SHA-256 915935e64caf8e89fe3d34c71ef75f18218ca8b799162fd8b52132aa6ce9074a.
-- Written by iris export: change the model, not this file.
-- For postgres. SET jit = off first: compiling a large CASE takes longer than scoring a million rows.
-- Gives no row where all is well: 35 rows are scored.
WITH iris_vectors ("size", "weight", "color", "iris_expected_0", "iris_expected_1", "iris_expected_2", "iris_expected_3", "iris_expected_4") AS (
  VALUES
    (CAST('1.5'::float8 AS double precision), CAST(NULL AS double precision), CAST('red' AS text), 'no', 0, '1.0'::float8, '0.0'::float8, 2),
    ('1.5000000000000002'::float8, 'NaN'::float8, 'red', 'no', 0, '1.0'::float8, '0.0'::float8, 5),
    ('1.4999999999999998'::float8, CAST(NULL AS double precision), 'red', 'no', 0, '1.0'::float8, '0.0'::float8, 2),
    ('1.5000001192092896'::float8, 'NaN'::float8, 'red', 'no', 0, '1.0'::float8, '0.0'::float8, 5),
    ('1.4999998807907104'::float8, CAST(NULL AS double precision), 'red', 'no', 0, '1.0'::float8, '0.0'::float8, 2),
    ('1.5'::float8, '0.0'::float8, 'blue', 'no', 0, '1.0'::float8, '0.0'::float8, 2),
    ('1.5'::float8, '0.0'::float8, 'green', 'yes', 1, '0.2'::float8, '0.8'::float8, 3),
    ('1.5'::float8, '0.0'::float8, 'red', 'no', 0, '1.0'::float8, '0.0'::float8, 2),
    ('1.5'::float8, '0.0'::float8, 'unknown', 'no', 0, '1.0'::float8, '0.0'::float8, 2),
    ('1.5'::float8, '0.0'::float8, CAST(NULL AS text), 'no', 0, '1.0'::float8, '0.0'::float8, 2),
    ('1.5'::float8, CAST(NULL AS double precision), 'blue', 'no', 0, '1.0'::float8, '0.0'::float8, 2),
    ('1.5000000000000002'::float8, '10.0'::float8, 'green', 'no', 0, '1.0'::float8, '0.0'::float8, 5),
    ('1.5000000000000002'::float8, '10.000000000000002'::float8, 'green', 'yes', 1, '0.0'::float8, '1.0'::float8, 6),
    ('1.5000000000000002'::float8, '9.999999999999998'::float8, 'green', 'no', 0, '1.0'::float8, '0.0'::float8, 5),
    ('1.5000000000000002'::float8, '10.000000953674316'::float8, 'green', 'yes', 1, '0.0'::float8, '1.0'::float8, 6),
    ('1.5000000000000002'::float8, '9.999999046325684'::float8, 'green', 'no', 0, '1.0'::float8, '0.0'::float8, 5),
    ('1.5000000000000002'::float8, CAST(NULL AS double precision), 'green', 'no', 0, '1.0'::float8, '0.0'::float8, 5),
    ('1.5000000000000002'::float8, '10.0'::float8, 'red', 'no', 0, '1.0'::float8, '0.0'::float8, 5),
    ('1.5000000000000002'::float8, '10.000000000000002'::float8, 'unknown', 'yes', 1, '0.0'::float8, '1.0'::float8, 6),
    ('NaN'::float8, 'NaN'::float8, 'blue', CAST(NULL AS text), CAST(NULL AS INTEGER), CAST(NULL AS double precision), CAST(NULL AS double precision), CAST(NULL AS INTEGER)),
    ('Infinity'::float8, CAST(NULL AS double precision), 'blue', CAST(NULL AS text), CAST(NULL AS INTEGER), CAST(NULL AS double precision), CAST(NULL AS double precision), CAST(NULL AS INTEGER)),
    (-'Infinity'::float8, 'NaN'::float8, 'blue', CAST(NULL AS text), CAST(NULL AS INTEGER), CAST(NULL AS double precision), CAST(NULL AS double precision), CAST(NULL AS INTEGER)),
    ('1.7976931348623157e+308'::float8, CAST(NULL AS double precision), 'blue', 'no', 0, '1.0'::float8, '0.0'::float8, 5),
    ('-1.7976931348623157e+308'::float8, 'NaN'::float8, 'blue', 'no', 0, '1.0'::float8, '0.0'::float8, 2),
    ('5e-324'::float8, CAST(NULL AS double precision), 'blue', 'no', 0, '1.0'::float8, '0.0'::float8, 2),
    ('-0.0'::float8, 'NaN'::float8, 'blue', 'no', 0, '1.0'::float8, '0.0'::float8, 2),
    ('1.5'::float8, 'Infinity'::float8, 'blue', CAST(NULL AS text), CAST(NULL AS INTEGER), CAST(NULL AS double precision), CAST(NULL AS double precision), CAST(NULL AS INTEGER)),
    ('1.5'::float8, -'Infinity'::float8, 'blue', CAST(NULL AS text), CAST(NULL AS INTEGER), CAST(NULL AS double precision), CAST(NULL AS double precision), CAST(NULL AS INTEGER)),
    ('1.5'::float8, '1.7976931348623157e+308'::float8, 'blue', 'no', 0, '1.0'::float8, '0.0'::float8, 2),
    ('1.5'::float8, '-1.7976931348623157e+308'::float8, 'blue', 'no', 0, '1.0'::float8, '0.0'::float8, 2),
    ('1.5'::float8, '5e-324'::float8, 'blue', 'no', 0, '1.0'::float8, '0.0'::float8, 2),
    ('1.5'::float8, '-0.0'::float8, 'blue', 'no', 0, '1.0'::float8, '0.0'::float8, 2),
    ('1.5'::float8, CAST(NULL AS double precision), CAST(NULL AS text), 'no', 0, '1.0'::float8, '0.0'::float8, 2),
    ('1.5'::float8, 'NaN'::float8, 'unknown', 'no', 0, '1.0'::float8, '0.0'::float8, 2),
    ('1.5'::float8, CAST(NULL AS double precision), 'blue', 'no', 0, '1.0'::float8, '0.0'::float8, 2)
),
iris_leaves ("label", "class_index", "probability_no", "probability_yes", "leaf") AS (
  VALUES
    ('no', 0, '1.0'::float8, '0.0'::float8, 2),
    ('yes', 1, '0.2'::float8, '0.8'::float8, 3),
    ('no', 0, '1.0'::float8, '0.0'::float8, 5),
    ('yes', 1, '0.0'::float8, '1.0'::float8, 6)
)
SELECT iris_table.*, a."label", a."class_index", a."probability_no", a."probability_yes", a."leaf"
FROM iris_vectors AS iris_table
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
END END
WHERE CASE WHEN a."label" = iris_table."iris_expected_0" OR (a."label" IS NULL AND iris_table."iris_expected_0" IS NULL) THEN 0 ELSE 1 END
  + CASE WHEN a."class_index" = iris_table."iris_expected_1" OR (a."class_index" IS NULL AND iris_table."iris_expected_1" IS NULL) THEN 0 ELSE 1 END
  + CASE WHEN a."probability_no" = iris_table."iris_expected_2" OR (a."probability_no" IS NULL AND iris_table."iris_expected_2" IS NULL) THEN 0 ELSE 1 END
  + CASE WHEN a."probability_yes" = iris_table."iris_expected_3" OR (a."probability_yes" IS NULL AND iris_table."iris_expected_3" IS NULL) THEN 0 ELSE 1 END
  + CASE WHEN a."leaf" = iris_table."iris_expected_4" OR (a."leaf" IS NULL AND iris_table."iris_expected_4" IS NULL) THEN 0 ELSE 1 END > 0;
