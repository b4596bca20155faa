/**
 * Writes docs/runbook.md out of the checks of the diagnosis: `npm run runbook`. A test runs the same
 * and fails when something would change.
 */
import { writeFileSync } from 'node:fs';
import type { FaultCheck } from '../source/health/diagnosis/check.ts';
import { checks } from '../source/health/diagnosis/registry.ts';

const file = new URL('runbook.md', import.meta.url);

const intro = `# Runbook

What goes wrong with task queues and usage rollups, what it looks like, and what to do. \`tidemark diagnose\`
looks for all of it at once, says which of these it is and how sure that is, with the pids and times of the
moment; \`tidemark demo --fault NAME\` makes a fault on a database of its own.

This page is made from the checks themselves (\`source/health/diagnosis\`): \`npm run runbook\`.`;

type Span = readonly [first: string, last: string];

/** A standby's lag explains all others, and so comes before them among the checks. */
const areas: Readonly<Record<string, readonly Span[]>> = {
	'Tasks and runtimes': [['fleet-silent', 'long-running']],
	'Runs and leases': [['no-workers', 'future-only']],
	Rollups: [['lock-leaked', 'usage-without-update-time']],
	'The server': [
		['standby-lag', 'standby-lag'],
		['lock-queue', 'old-server'],
	],
	'The console itself': [['sampler-denied', 'clock-skew']],
};

/** Everything from the first of a span to its last, in the order of the checks. */
function between([first, last]: Span): readonly FaultCheck[] {
	const at = (name: string) => checks.findIndex(({ fault }) => fault === name);
	return checks.slice(at(first), at(last) + 1);
}

const link = ({ fault, title }: FaultCheck): string => `[${title}](#${fault})`;

function section({ fault, title, symptom, cause, shows, asks, fix, demo }: FaultCheck): string {
	const queries = asks.map((id) => `\`sql/evidence/${id}.sql\``).join(', ');
	return [
		`<a id="${fault}"></a>`,
		`### ${title}`,
		`**What people see.** ${symptom}`,
		`**Cause.** ${cause}`,
		`**Evidence.** ${shows}${queries === '' ? '' : ` (${queries})`}`,
		`**What to do.** ${fix}`,
		...(demo === undefined ? [] : [`**See it.** \`tidemark demo --fault ${demo}\``]),
	].join('\n\n');
}

/** The text of docs/runbook.md. */
export function generatedRunbook(): string {
	const index = checks.map((check) => `| ${check.symptom} | ${link(check)} |`);
	return `${[
		intro,
		['| what people see | the fault |', '|---|---|', ...index].join('\n'),
		...Object.entries(areas).flatMap(([name, spans]) => [
			`## ${name}`,
			...spans.flatMap(between).map(section),
		]),
	].join('\n\n')}\n`;
}

if (import.meta.main) writeFileSync(file, generatedRunbook());
