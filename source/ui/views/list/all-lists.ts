import { allPanels } from '../../panels/all-panels.ts';
import type { ListDefinition } from './list-definition.ts';
import { workspaceList } from './lists/activity.ts';
import { sessionList } from './lists/database.ts';
import { dirtyLists } from './lists/dirty.ts';
import { leaseLists } from './lists/leases.ts';
import { rollupList } from './lists/rollups.ts';
import { runtimeLists } from './lists/runtimes.ts';
import { samplerList } from './lists/samplers.ts';
import { taskLists } from './lists/tasks.ts';

// A list is a ListDefinition: columns, key, questions. Add it to a file in lists/ and here.

/** Every list, those of one panel beside each other; the first of a panel is what `enter` opens. */
export const allLists: readonly ListDefinition[] = [
	...taskLists,
	...runtimeLists,
	rollupList,
	...dirtyLists,
	workspaceList,
	...leaseLists,
	samplerList,
	sessionList,
];

/** The list of a name; undefined where there is none. */
export const listOf = (id: string): ListDefinition | undefined =>
	allLists.find((list) => list.id === id);

/** Whether its rows are those of a snapshot, and so are there in the past as well. */
export const isKept = ({ rows, questions }: ListDefinition): boolean =>
	rows !== undefined && questions(undefined, undefined).length === 0;

/** The number of the panel that a list is about; undefined: of none. */
export const panelOf = (list: ListDefinition): number | undefined =>
	allPanels.find(({ id }) => id === list.panel)?.number;

/** The lists of a panel. */
export const listsOf = (panel: number | undefined): readonly ListDefinition[] =>
	allLists.filter(
		(list) => panel !== undefined && panelOf(list) === panel && list.isOfRow === undefined,
	);
