-- Model version 915935e64caf, SHA-256 915935e64caf8e89fe3d34c71ef75f18218ca8b799162fd8b52132aa6ce9074a.
-- Written by iris export: change the model, not this file.
-- For clickhouse. Before a large query: SET max_query_size = 100000000, max_ast_elements = 1000000, max_expanded_ast_elements = 1000000;
CREATE OR REPLACE FUNCTION `toy` AS (`size`, `weight`, `color`) ->
CASE WHEN CAST(`size` AS Nullable(Float64)) IS NULL
    OR NOT (CAST(`size` AS Nullable(Float64)) BETWEEN -1.7976931348623157e+308 AND 1.7976931348623157e+308)
    OR NOT (if(isNaN(CAST(`weight` AS Nullable(Float64))), NULL, CAST(`weight` AS Nullable(Float64))) BETWEEN -1.7976931348623157e+308 AND 1.7976931348623157e+308)
  THEN NULL ELSE CASE
  WHEN CAST(`size` AS Nullable(Float64)) <= 1.5e+0 THEN CASE
    WHEN NULLIF(CAST(`color` AS Nullable(String)), '') NOT IN ('green') OR NULLIF(CAST(`color` AS Nullable(String)), '') IS NULL THEN 'no'
    ELSE 'yes'
  END
  WHEN if(isNaN(CAST(`weight` AS Nullable(Float64))), NULL, CAST(`weight` AS Nullable(Float64))) <= 1e+1 OR if(isNaN(CAST(`weight` AS Nullable(Float64))), NULL, CAST(`weight` AS Nullable(Float64))) IS NULL THEN 'no'
  ELSE 'yes'
END END;
