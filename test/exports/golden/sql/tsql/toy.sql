-- Model version 915935e64caf, SHA-256 915935e64caf8e89fe3d34c71ef75f18218ca8b799162fd8b52132aa6ce9074a.
-- Written by iris export: change the model, not this file.
-- For tsql. A parser of its SQL has checked the syntax; it has not been run.
-- Gives each row of the table with label, class_index, probability_<class> and leaf as its last columns.
-- If the table has a column of such a name, there are two of it, and the last one is the answer.
WITH iris_leaves AS (
  SELECT * FROM (VALUES
    (N'no', 0, 1e+0, 0e+0, 2),
    (N'yes', 1, 2e-1, 8e-1, 3),
    (N'no', 0, 1e+0, 0e+0, 5),
    (N'yes', 1, 0e+0, 1e+0, 6)
  ) AS v ([label], [class_index], [probability_no], [probability_yes], [leaf])
)
SELECT iris_table.*, a.[label], a.[class_index], a.[probability_no], a.[probability_yes], a.[leaf]
FROM [shop].[toys] AS iris_table
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
END END;
