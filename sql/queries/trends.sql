-- name: get_event_volume
select event_volume($1, $2);

-- name: get_decision_velocity
select decision_velocity($1);
