drop table if exists legacy_usage, legacy_interfaces;
