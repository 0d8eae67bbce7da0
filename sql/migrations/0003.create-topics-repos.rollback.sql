drop table if exists managed_repos, topics, domains;
