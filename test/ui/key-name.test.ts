import type { Key } from 'ink';
import { expect, test } from 'vitest';
import { keyNames } from '../../source/ui/key-name.ts';

const none: Key = {
	upArrow: false,
	downArrow: false,
	leftArrow: false,
	rightArrow: false,
	pageDown: false,
	pageUp: false,
	home: false,
	end: false,
	return: false,
	escape: false,
	ctrl: false,
	shift: false,
	tab: false,
	backspace: false,
	delete: false,
	meta: false,
	super: false,
	hyper: false,
	capsLock: false,
	numLock: false,
};

test.each<[string, Partial<Key>, readonly string[]]>([
	['q', {}, ['q']],
	['G', { shift: true }, ['G']],
	[' ', {}, ['space']],
	['c', { ctrl: true }, ['ctrl-c']],
	['', { tab: true }, ['tab']],
	['', { tab: true, shift: true }, ['shift-tab']],
	['', { escape: true, meta: true }, ['escape']],
	['', { upArrow: true }, ['up']],
	['', { delete: true }, ['backspace']],
	['jjk', {}, ['j', 'j', 'k']],
	['j \r', {}, ['j', 'space', 'return']],
	['日本', {}, ['日', '本']],
	['q', { meta: true }, []],
])('%j %o', (input, flags, names) => {
	expect(keyNames(input, { ...none, ...flags })).toEqual(names);
});
