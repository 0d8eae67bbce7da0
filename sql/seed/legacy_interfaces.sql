-- Our own interfaces that still speak the older words. What is there already stays as it is: its sunset may have been set.
insert into legacy_interfaces (kind, name, successor) values
('rest', '/workstreams', '/workplans'),
('rest', 'workstream_id in POST /tasks', 'workplan in POST /tasks'),
('mcp', 'create_workstream', 'create_workplan'),
('mcp', 'update_workstream_status', 'update_workplan_status'),
('mcp', 'get_workstream', 'get_workplan')
on conflict do nothing;
