drop table legacy_usage, legacy_interfaces;
