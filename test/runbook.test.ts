import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { generatedRunbook } from '../docs/runbook.ts';
import { faults } from '../source/demo/faults/faults.ts';
import { checks } from '../source/health/diagnosis/registry.ts';

const root = new URL('../', import.meta.url);
const runbook = readFileSync(new URL('docs/runbook.md', root), 'utf8');

it('says what the checks say (else: npm run runbook)', () => {
	expect(runbook).toBe(generatedRunbook());
});

it('has a section for every check, and names queries that there are', () => {
	for (const { fault } of checks) {
		expect(runbook.split(`<a id="${fault}"></a>`)).toHaveLength(2);
	}
	const queries = [...runbook.matchAll(/sql\/evidence\/[\w/-]+\.sql/g)].map(([path]) => path);
	const variants = (path: string) =>
		['', '.lease-owner', '.worker-id'].some((variant) =>
			existsSync(new URL(path.replace('.sql', `${variant}.sql`), root)),
		);
	expect(queries.filter((path) => !variants(path))).toEqual([]);
});

it('names faults that the demo can make', () => {
	const named = checks.flatMap(({ demo }) => (demo === undefined ? [] : [demo]));
	expect(named.filter((name) => !Object.hasOwn(faults, name))).toEqual([]);
});

it('leaves no fault of the demo without a check that it shows', () => {
	const named = new Set(checks.map(({ demo }) => demo));
	// Two more of faults that are there already.
	const doubles = ['backfill-running', 'invalid-index'];
	expect(
		Object.keys(faults)
			.filter((name) => !named.has(name))
			.sort(),
	).toEqual(doubles);
});
