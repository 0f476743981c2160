-- Model version 915935e64caf, SHA-256 915935e64caf8e89fe3d34c71ef75f18218ca8b799162fd8b52132aa6ce9074a.
-- Written by iris export: change the model, not this file.
-- For bigquery. A parser of its SQL has checked the syntax; it has not been run.
CREATE TEMP FUNCTION `toy`(`size` FLOAT64, `weight` FLOAT64, `color` STRING) RETURNS STRING AS (
CASE WHEN CAST(`size` AS FLOAT64) IS NULL
    OR NOT (CAST(`size` AS FLOAT64) BETWEEN -1.7976931348623157e+308 AND 1.7976931348623157e+308)
    OR NOT (IF(IS_NAN(CAST(`weight` AS FLOAT64)), NULL, CAST(`weight` AS FLOAT64)) BETWEEN -1.7976931348623157e+308 AND 1.7976931348623157e+308)
  THEN NULL ELSE CASE
  WHEN CAST(`size` AS FLOAT64) <= 1.5e+0 THEN CASE
    WHEN NULLIF(CAST(`color` AS STRING), '') NOT IN ('green') OR NULLIF(CAST(`color` AS STRING), '') IS NULL THEN 'no'
    ELSE 'yes'
  END
  WHEN IF(IS_NAN(CAST(`weight` AS FLOAT64)), NULL, CAST(`weight` AS FLOAT64)) <= 1e+1 OR IF(IS_NAN(CAST(`weight` AS FLOAT64)), NULL, CAST(`weight` AS FLOAT64)) IS NULL THEN 'no'
  ELSE 'yes'
END END
);
