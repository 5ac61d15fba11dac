//! The functions that a definition may call: built in, about their arguments and the time alone.

/// Whether that function (lower case) may stand in a definition. Whatever else is built in tells
/// about the session, waits, or differs from call to call, and would do so whenever anybody writes
/// or checks a row.
pub(super) fn is_listed(function: &str) -> bool {
    FUNCTIONS
        .split_ascii_whitespace()
        .any(|listed| listed == function)
}

const FUNCTIONS: &str = "\
    abs acos add_months adddate addtime ascii asin atan atan2 bin bin_to_uuid bit_count \
    bit_length ceil ceiling char char_length character_length charset chr coalesce \
    coercibility collation compress concat concat_ws conv convert_tz cos cot crc32 crc32c \
    curdate current_date current_time current_timestamp curtime date date_add date_format \
    date_sub datediff day dayname dayofmonth dayofweek dayofyear degrees distance elt exp \
    export_set extract field find_in_set floor format from_base64 from_days from_unixtime \
    from_vector geomcollection geometrycollection get_format greatest hex hour if ifnull \
    inet6_aton inet6_ntoa inet_aton inet_ntoa insert instr interval is_ipv4 is_ipv4_compat \
    is_ipv4_mapped is_ipv6 is_uuid isnull json_array json_array_append json_array_insert \
    json_compact json_contains json_contains_path json_depth json_detailed json_equals \
    json_exists json_extract json_insert json_keys json_length json_loose json_merge \
    json_merge_patch json_merge_preserve json_normalize json_object json_overlaps json_pretty \
    json_query json_quote json_remove json_replace json_schema_valid json_search json_set \
    json_storage_size json_type json_unquote json_valid json_value last_day lcase least left \
    length linestring ln localtime localtimestamp locate log log10 log2 lower lpad ltrim \
    make_set makedate maketime mbrcontains mbrcoveredby mbrcovers mbrdisjoint mbrequals \
    mbrintersects mbroverlaps mbrtouches mbrwithin md5 microsecond mid minute mod month \
    monthname multilinestring multipoint multipolygon natural_sort_key now nullif nvl nvl2 oct \
    octet_length ord period_add period_diff pi point polygon position pow power quarter quote \
    radians regexp_instr regexp_like regexp_replace regexp_substr repeat replace reverse right \
    round rpad rtrim sec_to_time second sha sha1 sha2 sign sin soundex space sqrt st_area \
    st_asbinary st_asgeojson st_astext st_aswkb st_aswkt st_buffer st_centroid st_contains \
    st_convexhull st_crosses st_difference st_dimension st_disjoint st_distance \
    st_distance_sphere st_endpoint st_envelope st_equals st_exteriorring st_geohash \
    st_geomcollfromtext st_geometryfromtext st_geometryn st_geometrytype st_geomfromgeojson \
    st_geomfromtext st_geomfromwkb st_interiorringn st_intersection st_intersects st_isclosed \
    st_isempty st_issimple st_isvalid st_latfromgeohash st_latitude st_length st_linefromtext \
    st_longfromgeohash st_longitude st_numgeometries st_numinteriorrings st_numpoints \
    st_overlaps st_pointfromgeohash st_pointfromtext st_pointn st_polyfromtext st_srid \
    st_startpoint st_swapxy st_symdifference st_touches st_transform st_union st_validate \
    st_within st_x st_y str_to_date strcmp string_to_vector subdate substr substring \
    substring_index subtime sysdate tan time time_format time_to_sec timediff timestamp \
    timestampadd timestampdiff to_base64 to_char to_days to_seconds to_vector trim truncate \
    ucase uncompress uncompressed_length unhex unix_timestamp upper utc_date utc_time \
    utc_timestamp uuid uuid_short uuid_to_bin vec_distance vec_distance_cosine \
    vec_distance_euclidean vec_fromtext vec_totext vector_dim vector_distance vector_to_string \
    week weekday weekofyear weight_string year yearweek";
