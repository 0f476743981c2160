-- Model version 915935e64caf, SHA-256 915935e64caf8e89fe3d34c71ef75f18218ca8b799162fd8b52132aa6ce9074a.
-- Written by iris export: change the model, not this file.
-- For duckdb.
-- Gives no row where all is well: 35 rows are scored.
WITH iris_vectors ("size", "weight", "color", "iris_expected_0", "iris_expected_1", "iris_expected_2", "iris_expected_3", "iris_expected_4") AS (
  VALUES
    (CAST(1.5e+0 AS DOUBLE), CAST(NULL AS DOUBLE), CAST('red' AS VARCHAR), 'no', 0, 1e+0, 0e+0, 2),
    (1.5000000000000002e+0, CAST('NaN' AS DOUBLE), 'red', 'no', 0, 1e+0, 0e+0, 5),
    (1.4999999999999998e+0, CAST(NULL AS DOUBLE), 'red', 'no', 0, 1e+0, 0e+0, 2),
    (1.5000001192092896e+0, CAST('NaN' AS DOUBLE), 'red', 'no', 0, 1e+0, 0e+0, 5),
    (1.4999998807907104e+0, CAST(NULL AS DOUBLE), 'red', 'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, 0e+0, 'blue', 'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, 0e+0, 'green', 'yes', 1, 2e-1, 8e-1, 3),
    (1.5e+0, 0e+0, 'red', 'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, 0e+0, 'unknown', 'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, 0e+0, CAST(NULL AS VARCHAR), 'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, CAST(NULL AS DOUBLE), 'blue', 'no', 0, 1e+0, 0e+0, 2),
    (1.5000000000000002e+0, 1e+1, 'green', 'no', 0, 1e+0, 0e+0, 5),
    (1.5000000000000002e+0, 1.0000000000000002e+1, 'green', 'yes', 1, 0e+0, 1e+0, 6),
    (1.5000000000000002e+0, 9.999999999999998e+0, 'green', 'no', 0, 1e+0, 0e+0, 5),
    (1.5000000000000002e+0, 1.0000000953674316e+1, 'green', 'yes', 1, 0e+0, 1e+0, 6),
    (1.5000000000000002e+0, 9.999999046325684e+0, 'green', 'no', 0, 1e+0, 0e+0, 5),
    (1.5000000000000002e+0, CAST(NULL AS DOUBLE), 'green', 'no', 0, 1e+0, 0e+0, 5),
    (1.5000000000000002e+0, 1e+1, 'red', 'no', 0, 1e+0, 0e+0, 5),
    (1.5000000000000002e+0, 1.0000000000000002e+1, 'unknown', 'yes', 1, 0e+0, 1e+0, 6),
    (CAST('NaN' AS DOUBLE), CAST('NaN' AS DOUBLE), 'blue', CAST(NULL AS VARCHAR), CAST(NULL AS INTEGER), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS INTEGER)),
    (CAST('Infinity' AS DOUBLE), CAST(NULL AS DOUBLE), 'blue', CAST(NULL AS VARCHAR), CAST(NULL AS INTEGER), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS INTEGER)),
    (-CAST('Infinity' AS DOUBLE), CAST('NaN' AS DOUBLE), 'blue', CAST(NULL AS VARCHAR), CAST(NULL AS INTEGER), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS INTEGER)),
    (1.7976931348623157e+308, CAST(NULL AS DOUBLE), 'blue', 'no', 0, 1e+0, 0e+0, 5),
    (-1.7976931348623157e+308, CAST('NaN' AS DOUBLE), 'blue', 'no', 0, 1e+0, 0e+0, 2),
    (5e-324, CAST(NULL AS DOUBLE), 'blue', 'no', 0, 1e+0, 0e+0, 2),
    (0e+0, CAST('NaN' AS DOUBLE), 'blue', 'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, CAST('Infinity' AS DOUBLE), 'blue', CAST(NULL AS VARCHAR), CAST(NULL AS INTEGER), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS INTEGER)),
    (1.5e+0, -CAST('Infinity' AS DOUBLE), 'blue', CAST(NULL AS VARCHAR), CAST(NULL AS INTEGER), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS INTEGER)),
    (1.5e+0, 1.7976931348623157e+308, 'blue', 'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, -1.7976931348623157e+308, 'blue', 'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, 5e-324, 'blue', 'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, 0e+0, 'blue', 'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, CAST(NULL AS DOUBLE), CAST(NULL AS VARCHAR), 'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, CAST('NaN' AS DOUBLE), 'unknown', 'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, CAST(NULL AS DOUBLE), 'blue', 'no', 0, 1e+0, 0e+0, 2)
),
iris_leaves ("label", "class_index", "probability_no", "probability_yes", "leaf") AS (
  VALUES
    ('no', 0, 1e+0, 0e+0, 2),
    ('yes', 1, 2e-1, 8e-1, 3),
    ('no', 0, 1e+0, 0e+0, 5),
    ('yes', 1, 0e+0, 1e+0, 6)
)
SELECT iris_table.*, a."label", a."class_index", a."probability_no", a."probability_yes", a."leaf"
FROM iris_vectors AS iris_table
LEFT JOIN iris_leaves AS a ON a."leaf" = CASE WHEN CAST(iris_table."size" AS DOUBLE) IS NULL
    OR NOT (CAST(iris_table."size" AS DOUBLE) BETWEEN -1.7976931348623157e+308 AND 1.7976931348623157e+308)
    OR NOT (NULLIF(CAST(iris_table."weight" AS DOUBLE), CAST('NaN' AS DOUBLE)) BETWEEN -1.7976931348623157e+308 AND 1.7976931348623157e+308)
  THEN NULL ELSE CASE
  WHEN CAST(iris_table."size" AS DOUBLE) <= 1.5e+0 THEN CASE
    WHEN NULLIF(CAST(iris_table."color" AS VARCHAR) COLLATE C, '') NOT IN ('green') OR NULLIF(CAST(iris_table."color" AS VARCHAR) COLLATE C, '') IS NULL THEN 2
    ELSE 3
  END
  WHEN NULLIF(CAST(iris_table."weight" AS DOUBLE), CAST('NaN' AS DOUBLE)) <= 1e+1 OR NULLIF(CAST(iris_table."weight" AS DOUBLE), CAST('NaN' AS DOUBLE)) IS NULL THEN 5
  ELSE 6
END END
WHERE CASE WHEN a."label" = iris_table."iris_expected_0" OR (a."label" IS NULL AND iris_table."iris_expected_0" IS NULL) THEN 0 ELSE 1 END
  + CASE WHEN a."class_index" = iris_table."iris_expected_1" OR (a."class_index" IS NULL AND iris_table."iris_expected_1" IS NULL) THEN 0 ELSE 1 END
  + CASE WHEN a."probability_no" = iris_table."iris_expected_2" OR (a."probability_no" IS NULL AND iris_table."iris_expected_2" IS NULL) THEN 0 ELSE 1 END
  + CASE WHEN a."probability_yes" = iris_table."iris_expected_3" OR (a."probability_yes" IS NULL AND iris_table."iris_expected_3" IS NULL) THEN 0 ELSE 1 END
  + CASE WHEN a."leaf" = iris_table."iris_expected_4" OR (a."leaf" IS NULL AND iris_table."iris_expected_4" IS NULL) THEN 0 ELSE 1 END > 0;
