drop table if exists progress_events;
