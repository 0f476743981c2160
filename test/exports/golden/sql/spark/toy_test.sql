-- Model version 915935e64caf, SHA-256 915935e64caf8e89fe3d34c71ef75f18218ca8b799162fd8b52132aa6ce9074a.
-- Written by iris export: change the model, not this file.
-- For spark.
-- Gives no row where all is well: 35 rows are scored.
WITH iris_vectors (`size`, `weight`, `color`, `iris_expected_0`, `iris_expected_1`, `iris_expected_2`, `iris_expected_3`, `iris_expected_4`) AS (
  VALUES
    (CAST(1.5D AS DOUBLE), CAST(NULL AS DOUBLE), CAST('red' AS STRING), 'no', 0, 1.0D, 0.0D, 2),
    (1.5000000000000002D, double('NaN'), 'red', 'no', 0, 1.0D, 0.0D, 5),
    (1.4999999999999998D, CAST(NULL AS DOUBLE), 'red', 'no', 0, 1.0D, 0.0D, 2),
    (1.5000001192092896D, double('NaN'), 'red', 'no', 0, 1.0D, 0.0D, 5),
    (1.4999998807907104D, CAST(NULL AS DOUBLE), 'red', 'no', 0, 1.0D, 0.0D, 2),
    (1.5D, 0.0D, 'blue', 'no', 0, 1.0D, 0.0D, 2),
    (1.5D, 0.0D, 'green', 'yes', 1, 0.2D, 0.8D, 3),
    (1.5D, 0.0D, 'red', 'no', 0, 1.0D, 0.0D, 2),
    (1.5D, 0.0D, 'unknown', 'no', 0, 1.0D, 0.0D, 2),
    (1.5D, 0.0D, CAST(NULL AS STRING), 'no', 0, 1.0D, 0.0D, 2),
    (1.5D, CAST(NULL AS DOUBLE), 'blue', 'no', 0, 1.0D, 0.0D, 2),
    (1.5000000000000002D, 10.0D, 'green', 'no', 0, 1.0D, 0.0D, 5),
    (1.5000000000000002D, 10.000000000000002D, 'green', 'yes', 1, 0.0D, 1.0D, 6),
    (1.5000000000000002D, 9.999999999999998D, 'green', 'no', 0, 1.0D, 0.0D, 5),
    (1.5000000000000002D, 10.000000953674316D, 'green', 'yes', 1, 0.0D, 1.0D, 6),
    (1.5000000000000002D, 9.999999046325684D, 'green', 'no', 0, 1.0D, 0.0D, 5),
    (1.5000000000000002D, CAST(NULL AS DOUBLE), 'green', 'no', 0, 1.0D, 0.0D, 5),
    (1.5000000000000002D, 10.0D, 'red', 'no', 0, 1.0D, 0.0D, 5),
    (1.5000000000000002D, 10.000000000000002D, 'unknown', 'yes', 1, 0.0D, 1.0D, 6),
    (double('NaN'), double('NaN'), 'blue', CAST(NULL AS STRING), CAST(NULL AS INT), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS INT)),
    (double('Infinity'), CAST(NULL AS DOUBLE), 'blue', CAST(NULL AS STRING), CAST(NULL AS INT), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS INT)),
    (-double('Infinity'), double('NaN'), 'blue', CAST(NULL AS STRING), CAST(NULL AS INT), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS INT)),
    (1.7976931348623157e+308D, CAST(NULL AS DOUBLE), 'blue', 'no', 0, 1.0D, 0.0D, 5),
    (-1.7976931348623157e+308D, double('NaN'), 'blue', 'no', 0, 1.0D, 0.0D, 2),
    (5e-324D, CAST(NULL AS DOUBLE), 'blue', 'no', 0, 1.0D, 0.0D, 2),
    (-0.0D, double('NaN'), 'blue', 'no', 0, 1.0D, 0.0D, 2),
    (1.5D, double('Infinity'), 'blue', CAST(NULL AS STRING), CAST(NULL AS INT), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS INT)),
    (1.5D, -double('Infinity'), 'blue', CAST(NULL AS STRING), CAST(NULL AS INT), CAST(NULL AS DOUBLE), CAST(NULL AS DOUBLE), CAST(NULL AS INT)),
    (1.5D, 1.7976931348623157e+308D, 'blue', 'no', 0, 1.0D, 0.0D, 2),
    (1.5D, -1.7976931348623157e+308D, 'blue', 'no', 0, 1.0D, 0.0D, 2),
    (1.5D, 5e-324D, 'blue', 'no', 0, 1.0D, 0.0D, 2),
    (1.5D, -0.0D, 'blue', 'no', 0, 1.0D, 0.0D, 2),
    (1.5D, CAST(NULL AS DOUBLE), CAST(NULL AS STRING), 'no', 0, 1.0D, 0.0D, 2),
    (1.5D, double('NaN'), 'unknown', 'no', 0, 1.0D, 0.0D, 2),
    (1.5D, CAST(NULL AS DOUBLE), 'blue', 'no', 0, 1.0D, 0.0D, 2)
),
iris_leaves (`label`, `class_index`, `probability_no`, `probability_yes`, `leaf`) AS (
  VALUES
    ('no', 0, 1.0D, 0.0D, 2),
    ('yes', 1, 0.2D, 0.8D, 3),
    ('no', 0, 1.0D, 0.0D, 5),
    ('yes', 1, 0.0D, 1.0D, 6)
)
SELECT iris_table.*, a.`label`, a.`class_index`, a.`probability_no`, a.`probability_yes`, a.`leaf`
FROM iris_vectors AS iris_table
LEFT JOIN iris_leaves AS a ON a.`leaf` = CASE WHEN CAST(iris_table.`size` AS DOUBLE) IS NULL
    OR NOT (CAST(iris_table.`size` AS DOUBLE) BETWEEN -1.7976931348623157e+308D AND 1.7976931348623157e+308D)
    OR NOT (NULLIF(CAST(iris_table.`weight` AS DOUBLE), double('NaN')) BETWEEN -1.7976931348623157e+308D AND 1.7976931348623157e+308D)
  THEN NULL ELSE CASE
  WHEN CAST(iris_table.`size` AS DOUBLE) <= 1.5D THEN CASE
    WHEN NULLIF(CAST(iris_table.`color` AS STRING), '') NOT IN ('green') OR NULLIF(CAST(iris_table.`color` AS STRING), '') IS NULL THEN 2
    ELSE 3
  END
  WHEN NULLIF(CAST(iris_table.`weight` AS DOUBLE), double('NaN')) <= 10.0D OR NULLIF(CAST(iris_table.`weight` AS DOUBLE), double('NaN')) IS NULL THEN 5
  ELSE 6
END END
WHERE CASE WHEN a.`label` = iris_table.`iris_expected_0` OR (a.`label` IS NULL AND iris_table.`iris_expected_0` IS NULL) THEN 0 ELSE 1 END
  + CASE WHEN a.`class_index` = iris_table.`iris_expected_1` OR (a.`class_index` IS NULL AND iris_table.`iris_expected_1` IS NULL) THEN 0 ELSE 1 END
  + CASE WHEN a.`probability_no` = iris_table.`iris_expected_2` OR (a.`probability_no` IS NULL AND iris_table.`iris_expected_2` IS NULL) THEN 0 ELSE 1 END
  + CASE WHEN a.`probability_yes` = iris_table.`iris_expected_3` OR (a.`probability_yes` IS NULL AND iris_table.`iris_expected_3` IS NULL) THEN 0 ELSE 1 END
  + CASE WHEN a.`leaf` = iris_table.`iris_expected_4` OR (a.`leaf` IS NULL AND iris_table.`iris_expected_4` IS NULL) THEN 0 ELSE 1 END > 0;
