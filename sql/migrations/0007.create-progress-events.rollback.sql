drop table progress_events;
