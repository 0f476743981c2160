-- Model version 915935e64caf, SHA-256 915935e64caf8e89fe3d34c71ef75f18218ca8b799162fd8b52132aa6ce9074a.
-- Written by iris export: change the model, not this file.
-- For tsql. A parser of its SQL has checked the syntax; it has not been run.
CREATE OR ALTER FUNCTION [toy](@p0 float, @p1 float, @p2 nvarchar(4000)) RETURNS nvarchar(4000) AS
BEGIN
RETURN
CASE WHEN CAST(@p0 AS float) IS NULL
    OR NOT (CAST(@p0 AS float) BETWEEN -1.7976931348623157e+308 AND 1.7976931348623157e+308)
    OR NOT (CAST(@p1 AS float) BETWEEN -1.7976931348623157e+308 AND 1.7976931348623157e+308)
  THEN NULL ELSE CASE
  WHEN CAST(@p0 AS float) <= 1.5e+0 THEN CASE
    WHEN NULLIF(CAST(@p2 AS nvarchar(4000)) COLLATE Latin1_General_100_BIN2, N'') NOT IN (N'green') OR NULLIF(CAST(@p2 AS nvarchar(4000)) COLLATE Latin1_General_100_BIN2, N'') IS NULL THEN N'no'
    ELSE N'yes'
  END
  WHEN CAST(@p1 AS float) <= 1e+1 OR CAST(@p1 AS float) IS NULL THEN N'no'
  ELSE N'yes'
END END;
END;
