import { expect, test } from 'vitest';
import { fuzzyScore } from '../../source/lib/fuzzy.ts';

const best = (query: string, ...texts: readonly string[]) =>
	texts
		.map((text) => ({ text, score: fuzzyScore(query, text) ?? Number.NEGATIVE_INFINITY }))
		.toSorted((a, b) => b.score - a.score)[0]?.text;

test('finds by starts of words, and puts a whole word before letters here and there', () => {
	expect(best('old', 'Hold the lock', 'Tasks: oldest ready')).toBe('Tasks: oldest ready');
	expect(best('tor', 'Tasks: oldest ready', 'Go to the shell')).toBe('Tasks: oldest ready');
	expect(best('DIAG', 'Diagnose: say why', 'Add a big lag')).toBe('Diagnose: say why');
});

test('finds nothing where a letter is missing, or they are strewn over a sentence', () => {
	expect(fuzzyScore('xyz', 'Tasks: failing')).toBeUndefined();
	expect(fuzzyScore('fai', 'Filter panels, rows, events or keys')).toBeUndefined();
	expect(fuzzyScore('', 'anything')).toBeDefined();
});
