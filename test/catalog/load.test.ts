import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { builtInCatalog } from '../../source/catalog/built-in.ts';
import { addFolders, addOwnFolders, loadCatalog } from '../../source/catalog/load.ts';
import { type Inventory, selectSamplers } from '../../source/catalog/select.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidemark-catalog-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(path: string, needs: string, body = 'select 1 as value'): void {
	const file = join(folder, path);
	mkdirSync(join(file, '..'), { recursive: true });
	const header = '-- title: t\n-- panel: own\n-- columns: value integer\n';
	writeFileSync(file, `${header}${needs === '' ? '' : `-- needs: ${needs}\n`}${body}\n`);
}

describe('the catalog', () => {
	it('holds every pack of the project without a fault', () => {
		const { samplers, faults } = builtInCatalog();
		expect(faults).toEqual([]);
		expect(new Set(samplers.map(({ pack }) => pack))).toEqual(
			new Set(['multica', 'lease', 'rollup', 'database']),
		);
	});

	it('reads own folders beside the packs, and tells faults by file and line', () => {
		write('packs/one/a.sql', '');
		write('mine/b.sql', '', 'drop table t');
		const { samplers, faults } = addFolders(loadCatalog(join(folder, 'packs')), [
			join(folder, 'mine'),
			join(folder, 'absent'),
		]);
		expect(samplers.map(({ id }) => id)).toEqual(['one/a']);
		expect(faults).toEqual([
			{ file: join(folder, 'mine/b.sql'), line: 4, reason: 'a sampler is one SELECT' },
			{
				file: join(folder, 'absent'),
				line: 0,
				reason: "the folder of samplers can't be read: ENOENT",
			},
		]);
	});
});

describe("the user's own folders", () => {
	it('never take the place of what is built in, nor of each other', () => {
		write('built/one/a.sql', '');
		write('x/one/a.sql', '');
		write('x/one/b.sql', '');
		write('y/one/b.sql', '');
		const builtIn = loadCatalog(join(folder, 'built'));
		const added = addOwnFolders(builtIn, [join(folder, 'x/one'), join(folder, 'y/one')]);
		expect(added.faults).toEqual([]);
		expect(added.samplers.map(({ id, file, isOwn }) => [id, file, isOwn])).toEqual([
			['one/a', join(folder, 'built/one/a.sql'), undefined],
			['one/b', join(folder, 'x/one/b.sql'), true],
		]);
		expect(added.ownFaults).toEqual([
			{
				file: join(folder, 'y/one/b.sql'),
				line: 1,
				reason: `one/b is also defined by ${join(folder, 'x/one/b.sql')}`,
			},
			{
				file: join(folder, 'x/one/a.sql'),
				line: 1,
				reason: 'one/a is built in: give the folder or the file another name',
			},
		]);
	});
});

const inventory = (tables: Record<string, [string[], string[]?, string[][]?]>): Inventory => ({
	majorVersion: 17,
	tables: new Map(
		Object.entries(tables).map(([name, [columns, denied = [], indexes = []]]) => [
			name,
			{ columns: new Set(columns), denied: new Set(denied), indexes },
		]),
	),
	functions: new Map([['known()', { canExecute: false }]]),
});

describe('the choice of a variant', () => {
	write('choice/p/s.sql', 't(a)');
	write('choice/p/s.newer.sql', 't(a, b)');
	write('choice/p/f.sql', 'function known()');
	write('choice/p/g.sql', 'function unknown(text)');
	write('choice/p/i.sql', 't(a)\n-- index: t(b, a)');
	const { samplers } = loadCatalog(join(folder, 'choice'));
	const choose = (tables: Record<string, [string[], string[]?, string[][]?]>) =>
		Object.fromEntries(
			selectSamplers(samplers, inventory(tables)).map((choice) => [
				choice.id,
				choice.kind === 'run' ? choice.sampler.variant : choice.reason,
			]),
		);

	it('takes the most demanding one that fits', () => {
		expect(choose({ t: [['a', 'b', 'c']] })['p/s']).toBe('newer');
		expect(choose({ t: [['a']] })['p/s']).toBe('');
	});

	it('says how to make the index that a sampler wishes for and the table lacks', () => {
		const choice = (indexes: string[][]) =>
			selectSamplers(samplers, inventory({ t: [['a', 'b', 'c'], [], indexes] })).find(
				({ id }) => id === 'p/i',
			);
		expect(choice([['a'], ['b', 'a', 'c']])).not.toHaveProperty('advice');
		expect(choice([['a', 'b']])).toMatchObject({
			kind: 'run',
			advice: 'CREATE INDEX CONCURRENTLY ON t (b, a)',
		});
	});

	it('gives the reason when none does', () => {
		expect(choose({})['p/s']).toBe('not in this database: no table t');
		expect(choose({ t: [['b']] })['p/s']).toBe('not in this database: t has no column a');
		expect(choose({ t: [['a', 'b'], ['a']] })['p/s']).toBe(
			'no privilege: GRANT SELECT ON t to this role',
		);
		expect(choose({})['p/f']).toBe('no privilege: GRANT EXECUTE ON FUNCTION known() to this role');
		expect(choose({})['p/g']).toBe('not in this database: no function unknown(text)');
	});
});
