-- Model version 915935e64caf, SHA-256 915935e64caf8e89fe3d34c71ef75f18218ca8b799162fd8b52132aa6ce9074a.
-- Written by iris export: change the model, not this file.
-- For snowflake. A parser of its SQL has checked the syntax; it has not been run.
-- Gives no row where all is well: 35 rows are scored.
WITH iris_vectors AS (
  SELECT * FROM (VALUES
    (CAST('1.5'::FLOAT AS FLOAT), CAST(NULL AS FLOAT), CAST('red' AS VARCHAR), 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 2),
    ('1.5000000000000002'::FLOAT, 'NaN'::FLOAT, 'red', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 5),
    ('1.4999999999999998'::FLOAT, CAST(NULL AS FLOAT), 'red', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 2),
    ('1.5000001192092896'::FLOAT, 'NaN'::FLOAT, 'red', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 5),
    ('1.4999998807907104'::FLOAT, CAST(NULL AS FLOAT), 'red', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 2),
    ('1.5'::FLOAT, '0.0'::FLOAT, 'blue', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 2),
    ('1.5'::FLOAT, '0.0'::FLOAT, 'green', 'yes', 1, '0.2'::FLOAT, '0.8'::FLOAT, 3),
    ('1.5'::FLOAT, '0.0'::FLOAT, 'red', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 2),
    ('1.5'::FLOAT, '0.0'::FLOAT, 'unknown', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 2),
    ('1.5'::FLOAT, '0.0'::FLOAT, CAST(NULL AS VARCHAR), 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 2),
    ('1.5'::FLOAT, CAST(NULL AS FLOAT), 'blue', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 2),
    ('1.5000000000000002'::FLOAT, '10.0'::FLOAT, 'green', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 5),
    ('1.5000000000000002'::FLOAT, '10.000000000000002'::FLOAT, 'green', 'yes', 1, '0.0'::FLOAT, '1.0'::FLOAT, 6),
    ('1.5000000000000002'::FLOAT, '9.999999999999998'::FLOAT, 'green', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 5),
    ('1.5000000000000002'::FLOAT, '10.000000953674316'::FLOAT, 'green', 'yes', 1, '0.0'::FLOAT, '1.0'::FLOAT, 6),
    ('1.5000000000000002'::FLOAT, '9.999999046325684'::FLOAT, 'green', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 5),
    ('1.5000000000000002'::FLOAT, CAST(NULL AS FLOAT), 'green', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 5),
    ('1.5000000000000002'::FLOAT, '10.0'::FLOAT, 'red', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 5),
    ('1.5000000000000002'::FLOAT, '10.000000000000002'::FLOAT, 'unknown', 'yes', 1, '0.0'::FLOAT, '1.0'::FLOAT, 6),
    ('NaN'::FLOAT, 'NaN'::FLOAT, 'blue', CAST(NULL AS VARCHAR), CAST(NULL AS INTEGER), CAST(NULL AS FLOAT), CAST(NULL AS FLOAT), CAST(NULL AS INTEGER)),
    ('inf'::FLOAT, CAST(NULL AS FLOAT), 'blue', CAST(NULL AS VARCHAR), CAST(NULL AS INTEGER), CAST(NULL AS FLOAT), CAST(NULL AS FLOAT), CAST(NULL AS INTEGER)),
    (-'inf'::FLOAT, 'NaN'::FLOAT, 'blue', CAST(NULL AS VARCHAR), CAST(NULL AS INTEGER), CAST(NULL AS FLOAT), CAST(NULL AS FLOAT), CAST(NULL AS INTEGER)),
    ('1.7976931348623157e+308'::FLOAT, CAST(NULL AS FLOAT), 'blue', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 5),
    ('-1.7976931348623157e+308'::FLOAT, 'NaN'::FLOAT, 'blue', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 2),
    ('5e-324'::FLOAT, CAST(NULL AS FLOAT), 'blue', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 2),
    ('-0.0'::FLOAT, 'NaN'::FLOAT, 'blue', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 2),
    ('1.5'::FLOAT, 'inf'::FLOAT, 'blue', CAST(NULL AS VARCHAR), CAST(NULL AS INTEGER), CAST(NULL AS FLOAT), CAST(NULL AS FLOAT), CAST(NULL AS INTEGER)),
    ('1.5'::FLOAT, -'inf'::FLOAT, 'blue', CAST(NULL AS VARCHAR), CAST(NULL AS INTEGER), CAST(NULL AS FLOAT), CAST(NULL AS FLOAT), CAST(NULL AS INTEGER)),
    ('1.5'::FLOAT, '1.7976931348623157e+308'::FLOAT, 'blue', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 2),
    ('1.5'::FLOAT, '-1.7976931348623157e+308'::FLOAT, 'blue', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 2),
    ('1.5'::FLOAT, '5e-324'::FLOAT, 'blue', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 2),
    ('1.5'::FLOAT, '-0.0'::FLOAT, 'blue', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 2),
    ('1.5'::FLOAT, CAST(NULL AS FLOAT), CAST(NULL AS VARCHAR), 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 2),
    ('1.5'::FLOAT, 'NaN'::FLOAT, 'unknown', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 2),
    ('1.5'::FLOAT, CAST(NULL AS FLOAT), 'blue', 'no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 2)
  ) AS v ("size", "weight", "color", "iris_expected_0", "iris_expected_1", "iris_expected_2", "iris_expected_3", "iris_expected_4")
),
iris_leaves AS (
  SELECT * FROM (VALUES
    ('no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 2),
    ('yes', 1, '0.2'::FLOAT, '0.8'::FLOAT, 3),
    ('no', 0, '1.0'::FLOAT, '0.0'::FLOAT, 5),
    ('yes', 1, '0.0'::FLOAT, '1.0'::FLOAT, 6)
  ) AS v ("label", "class_index", "probability_no", "probability_yes", "leaf")
)
SELECT iris_table.*, a."label", a."class_index", a."probability_no", a."probability_yes", a."leaf"
FROM iris_vectors AS iris_table
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
END END
WHERE CASE WHEN a."label" = iris_table."iris_expected_0" OR (a."label" IS NULL AND iris_table."iris_expected_0" IS NULL) THEN 0 ELSE 1 END
  + CASE WHEN a."class_index" = iris_table."iris_expected_1" OR (a."class_index" IS NULL AND iris_table."iris_expected_1" IS NULL) THEN 0 ELSE 1 END
  + CASE WHEN a."probability_no" = iris_table."iris_expected_2" OR (a."probability_no" IS NULL AND iris_table."iris_expected_2" IS NULL) THEN 0 ELSE 1 END
  + CASE WHEN a."probability_yes" = iris_table."iris_expected_3" OR (a."probability_yes" IS NULL AND iris_table."iris_expected_3" IS NULL) THEN 0 ELSE 1 END
  + CASE WHEN a."leaf" = iris_table."iris_expected_4" OR (a."leaf" IS NULL AND iris_table."iris_expected_4" IS NULL) THEN 0 ELSE 1 END > 0;
