-- title: Runtimes online
-- panel: runtimes
-- needs: agent_runtime(runtime_mode, provider, last_seen_at)
-- columns: runtime_mode text, provider text, runtimes integer
-- metric: multica_runtime_online
-- type: gauge
-- labels: runtime_mode, provider
-- value: runtimes
-- help: Runtimes seen within the last 60 s, by mode and provider.
-- why: The 60 s are those of existing dashboards; a healthy heartbeat can be older (see runtime-fleet).
-- why: Providers are free text: unknown ones collapse here, before the limit, so that none is lost; equal
-- why: texts are grouped first, so that few have to be cleaned.
select
	case mode when 'local' then 'local' when 'cloud' then 'cloud' else 'unknown' end as runtime_mode,
	case when provider_name in (
		'antigravity', 'claude', 'codebuddy', 'codex', 'copilot', 'cursor', 'deveco', 'dim', 'dsh',
		'gemini', 'grok', 'hermes', 'kimi', 'kiro', 'mcode', 'multica_agent', 'openclaw', 'opencode',
		'pi', 'qoder', 'qoderclicn', 'qwen', 'reasonix', 'traecli'
	) then provider_name else 'other' end as provider,
	sum(raw.runtimes)::bigint as runtimes
from (
	select runtime_mode, provider, count(*) as runtimes
	from agent_runtime
	where last_seen_at > now() - interval '60 seconds'
	group by runtime_mode, provider
) as raw
cross join lateral (
	select lower(btrim(runtime_mode, E' \t\r\n')), lower(btrim(provider, E' \t\r\n'))
) as cleaned (mode, provider_name)
group by 1, 2
order by runtimes desc, 1, 2
limit 100
