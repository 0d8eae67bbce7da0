drop table managed_repos, topics, domains;
