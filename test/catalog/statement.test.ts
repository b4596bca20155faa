import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { singleStatement } from '../../source/catalog/statement.ts';
import { useDatabase } from '../support/database.ts';
import { fc } from '../support/properties.ts';

const database = useDatabase({ template: 'empty' });

const sqlOf = (body: string) => {
	const result = singleStatement(body);
	return 'sql' in result ? result.sql : result.fault;
};
const second = 'a sampler is one statement; something follows its semicolon';

describe('a sampler body', () => {
	it.each([
		['select 1', 'select 1'],
		['select 1;\n', 'select 1'],
		['\n-- why\nselect 1; -- done\n/* and /* gone */ */', 'select 1'],
		["select ';' as a, 'it''s;' as b", "select ';' as a, 'it''s;' as b"],
		["select e'\\';' as a", "select e'\\';' as a"],
		['select ";" from t', 'select ";" from t'],
		['select $$;$$, $a$ ; $b$ ; $a$', 'select $$;$$, $a$ ; $b$ ; $a$'],
		['select a$b$ from t', 'select a$b$ from t'],
		['with x as (select 1) select * from x', 'with x as (select 1) select * from x'],
	])('is taken as one statement: %s', (body, sql) => {
		expect(sqlOf(body)).toBe(sql);
	});

	it.each([
		'select 1; commit; drop table t',
		"select 'a'; select 2",
		"select '\\'; drop table t; --'",
		'select $a$ $a$; drop table t; select $a$ $a$',
		'select 1 /* */; drop table t',
		'select 1; ;select 2',
		'select a$b$; drop table t; --$b$',
	])('is refused when something follows: %s', (body) => {
		expect(sqlOf(body)).toBe(second);
	});

	it.each([
		["select 'a", 'a string is never closed'],
		['select "a', 'a quoted name is never closed'],
		['select $a$ x $b$', 'a dollar-quoted string is never closed'],
		['select 1 /* /* */', 'a comment is never closed'],
		['delete from t', 'a sampler is one SELECT'],
		['set role postgres', 'a sampler is one SELECT'],
		['', 'a sampler is one SELECT'],
	])('is refused: %s', (body, fault) => {
		expect(sqlOf(body)).toBe(fault);
	});

	it('never holds two statements by the lexer of the server itself', async () => {
		const client = await database.client();
		const quotes = `' " $$ $a$ -- /* */ \\ x$$ ;-- e'\\'' E'\\'a' '\\' "\\" /*/* */*/`.split(' ');
		const piece = fc.constantFrom(...quotes, ' ', '\n', ';', ' 1', ',1', ' ;select ', ' ;select ');
		let accepted = 0;
		await fc.assert(
			fc.asyncProperty(fc.array(piece, { maxLength: 14 }), async (pieces) => {
				const result = singleStatement(`select ${pieces.join('')} 1; select 2 --`);
				const loose = singleStatement(`select ${pieces.join('')}`);
				for (const taken of [result, loose]) {
					if (!('sql' in taken)) continue;
					accepted += 1;
					// The extended protocol refuses a text of several statements.
					const error = await client
						.query({ text: taken.sql, queryMode: 'extended' } as pg.QueryConfig)
						.then(
							() => undefined,
							(reason: Error) => reason,
						);
					expect(error?.message ?? '').not.toContain('multiple commands');
				}
			}),
			{ numRuns: 4000 },
		);
		expect(accepted).toBeGreaterThan(300);
	});
});
