-- Model version 915935e64caf, SHA-256 915935e64caf8e89fe3d34c71ef75f18218ca8b799162fd8b52132aa6ce9074a.
-- Written by iris export: change the model, not this file.
-- For tsql. A parser of its SQL has checked the syntax; it has not been run.
-- Gives no row where all is well: 31 rows are scored.
WITH iris_vectors AS (
  SELECT * FROM (VALUES
    (CAST(1.5e+0 AS float), CAST(NULL AS float), CAST(N'red' AS nvarchar(4000)), N'no', 0, 1e+0, 0e+0, 2),
    (1.5000000000000002e+0, CAST(NULL AS float), N'red', N'no', 0, 1e+0, 0e+0, 5),
    (1.4999999999999998e+0, CAST(NULL AS float), N'red', N'no', 0, 1e+0, 0e+0, 2),
    (1.5000001192092896e+0, CAST(NULL AS float), N'red', N'no', 0, 1e+0, 0e+0, 5),
    (1.4999998807907104e+0, CAST(NULL AS float), N'red', N'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, 0e+0, N'blue', N'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, 0e+0, N'green', N'yes', 1, 2e-1, 8e-1, 3),
    (1.5e+0, 0e+0, N'red', N'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, 0e+0, N'unknown', N'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, 0e+0, CAST(NULL AS nvarchar(4000)), N'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, CAST(NULL AS float), N'blue', N'no', 0, 1e+0, 0e+0, 2),
    (1.5000000000000002e+0, 1e+1, N'green', N'no', 0, 1e+0, 0e+0, 5),
    (1.5000000000000002e+0, 1.0000000000000002e+1, N'green', N'yes', 1, 0e+0, 1e+0, 6),
    (1.5000000000000002e+0, 9.999999999999998e+0, N'green', N'no', 0, 1e+0, 0e+0, 5),
    (1.5000000000000002e+0, 1.0000000953674316e+1, N'green', N'yes', 1, 0e+0, 1e+0, 6),
    (1.5000000000000002e+0, 9.999999046325684e+0, N'green', N'no', 0, 1e+0, 0e+0, 5),
    (1.5000000000000002e+0, CAST(NULL AS float), N'green', N'no', 0, 1e+0, 0e+0, 5),
    (1.5000000000000002e+0, 1e+1, N'red', N'no', 0, 1e+0, 0e+0, 5),
    (1.5000000000000002e+0, 1.0000000000000002e+1, N'unknown', N'yes', 1, 0e+0, 1e+0, 6),
    (CAST(NULL AS float), CAST(NULL AS float), N'blue', CAST(NULL AS nvarchar(4000)), CAST(NULL AS int), CAST(NULL AS float), CAST(NULL AS float), CAST(NULL AS int)),
    (1.7976931348623157e+308, CAST(NULL AS float), N'blue', N'no', 0, 1e+0, 0e+0, 5),
    (-1.7976931348623157e+308, CAST(NULL AS float), N'blue', N'no', 0, 1e+0, 0e+0, 2),
    (5e-324, CAST(NULL AS float), N'blue', N'no', 0, 1e+0, 0e+0, 2),
    (0e+0, CAST(NULL AS float), N'blue', N'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, 1.7976931348623157e+308, N'blue', N'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, -1.7976931348623157e+308, N'blue', N'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, 5e-324, N'blue', N'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, 0e+0, N'blue', N'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, CAST(NULL AS float), CAST(NULL AS nvarchar(4000)), N'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, CAST(NULL AS float), N'unknown', N'no', 0, 1e+0, 0e+0, 2),
    (1.5e+0, CAST(NULL AS float), N'blue', N'no', 0, 1e+0, 0e+0, 2)
  ) AS v ([size], [weight], [color], [iris_expected_0], [iris_expected_1], [iris_expected_2], [iris_expected_3], [iris_expected_4])
),
iris_leaves AS (
  SELECT * FROM (VALUES
    (N'no', 0, 1e+0, 0e+0, 2),
    (N'yes', 1, 2e-1, 8e-1, 3),
    (N'no', 0, 1e+0, 0e+0, 5),
    (N'yes', 1, 0e+0, 1e+0, 6)
  ) AS v ([label], [class_index], [probability_no], [probability_yes], [leaf])
)
SELECT iris_table.*, a.[label], a.[class_index], a.[probability_no], a.[probability_yes], a.[leaf]
FROM iris_vectors AS iris_table
LEFT JOIN iris_leaves AS a ON a.[leaf] = CASE WHEN CAST(iris_table.[size] AS float) IS NULL
    OR NOT (CAST(iris_table.[size] AS float) BETWEEN -1.7976931348623157e+308 AND 1.7976931348623157e+308)
    OR NOT (CAST(iris_table.[weight] AS float) BETWEEN -1.7976931348623157e+308 AND 1.7976931348623157e+308)
  THEN NULL ELSE CASE
  WHEN CAST(iris_table.[size] AS float) <= 1.5e+0 THEN CASE
    WHEN NULLIF(CAST(iris_table.[color] AS nvarchar(4000)) COLLATE Latin1_General_100_BIN2, N'') NOT IN (N'green') OR NULLIF(CAST(iris_table.[color] AS nvarchar(4000)) COLLATE Latin1_General_100_BIN2, N'') IS NULL THEN 2
    ELSE 3
  END
  WHEN CAST(iris_table.[weight] AS float) <= 1e+1 OR CAST(iris_table.[weight] AS float) IS NULL THEN 5
  ELSE 6
END END
WHERE CASE WHEN a.[label] = iris_table.[iris_expected_0] OR (a.[label] IS NULL AND iris_table.[iris_expected_0] IS NULL) THEN 0 ELSE 1 END
  + CASE WHEN a.[class_index] = iris_table.[iris_expected_1] OR (a.[class_index] IS NULL AND iris_table.[iris_expected_1] IS NULL) THEN 0 ELSE 1 END
  + CASE WHEN a.[probability_no] = iris_table.[iris_expected_2] OR (a.[probability_no] IS NULL AND iris_table.[iris_expected_2] IS NULL) THEN 0 ELSE 1 END
  + CASE WHEN a.[probability_yes] = iris_table.[iris_expected_3] OR (a.[probability_yes] IS NULL AND iris_table.[iris_expected_3] IS NULL) THEN 0 ELSE 1 END
  + CASE WHEN a.[leaf] = iris_table.[iris_expected_4] OR (a.[leaf] IS NULL AND iris_table.[iris_expected_4] IS NULL) THEN 0 ELSE 1 END > 0;
