-- Model version 915935e64caf, SHA-256 915935e64caf8e89fe3d34c71ef75f18218ca8b799162fd8b52132aa6ce9074a.
-- Written by iris export: change the model, not this file.
-- For postgres. SET jit = off first: compiling a large CASE takes longer than scoring a million rows.
CREATE OR REPLACE FUNCTION "toy"("size" double precision, "weight" double precision, "color" text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN
CASE WHEN CAST("size" AS double precision) IS NULL
    OR NOT (CAST("size" AS double precision) BETWEEN '-1.7976931348623157e+308'::float8 AND '1.7976931348623157e+308'::float8)
    OR NOT (NULLIF(CAST("weight" AS double precision), 'NaN'::float8) BETWEEN '-1.7976931348623157e+308'::float8 AND '1.7976931348623157e+308'::float8)
  THEN NULL ELSE CASE
  WHEN CAST("size" AS double precision) <= '1.5'::float8 THEN CASE
    WHEN NULLIF(CAST("color" AS text) COLLATE "C", '') NOT IN ('green') OR NULLIF(CAST("color" AS text) COLLATE "C", '') IS NULL THEN 'no'
    ELSE 'yes'
  END
  WHEN NULLIF(CAST("weight" AS double precision), 'NaN'::float8) <= '10.0'::float8 OR NULLIF(CAST("weight" AS double precision), 'NaN'::float8) IS NULL THEN 'no'
  ELSE 'yes'
END END;
