-- Model version 915935e64caf, SHA-256 915935e64caf8e89fe3d34c71ef75f18218ca8b799162fd8b52132aa6ce9074a.
-- Written by iris export: change the model, not this file.
-- For snowflake. A parser of its SQL has checked the syntax; it has not been run.
CREATE OR REPLACE FUNCTION "toy"("size" FLOAT, "weight" FLOAT, "color" VARCHAR) RETURNS VARCHAR AS
'CASE WHEN CAST(\"size\" AS FLOAT) IS NULL
    OR NOT (CAST(\"size\" AS FLOAT) BETWEEN \'-1.7976931348623157e+308\'::FLOAT AND \'1.7976931348623157e+308\'::FLOAT)
    OR NOT (NULLIF(CAST(\"weight\" AS FLOAT), \'NaN\'::FLOAT) BETWEEN \'-1.7976931348623157e+308\'::FLOAT AND \'1.7976931348623157e+308\'::FLOAT)
  THEN NULL ELSE CASE
  WHEN CAST(\"size\" AS FLOAT) <= \'1.5\'::FLOAT THEN CASE
    WHEN NULLIF(CAST(\"color\" AS VARCHAR), \'\') NOT IN (\'green\') OR NULLIF(CAST(\"color\" AS VARCHAR), \'\') IS NULL THEN \'no\'
    ELSE \'yes\'
  END
  WHEN NULLIF(CAST(\"weight\" AS FLOAT), \'NaN\'::FLOAT) <= \'10.0\'::FLOAT OR NULLIF(CAST(\"weight\" AS FLOAT), \'NaN\'::FLOAT) IS NULL THEN \'no\'
  ELSE \'yes\'
END END';
