/** The same kind of modem with a tree that fits into a small capture. */
import type { Profile } from '../../simulator/index.ts';
import type { ObjectShape, TableShape } from '../../simulator/profile/tree-shape.ts';

type Members = ObjectShape['members'];

/** Keeps all of the `kept` objects below the root, and of the rest the parameters of the Inform. */
export function withSmallTree(profile: Profile, kept: RegExp): Profile {
  const { inform, tree } = profile;
  const informed = inform.parameters.map((name) => name.slice(tree.root.length).replace(/\.\d+\./g, '.{i}.'));
  const members = new Map(
    [...tree.top.members].flatMap(([name, member]): [string, typeof member][] => {
      const small = kept.test(name) ? member : cut(member, informed);
      return small === undefined ? [] : [[name, small]];
    }),
  );
  return {
    ...profile,
    release: (firmware) => {
      const release = profile.release(firmware);
      return release && withSmallTree(release, kept);
    },
    tree: { ...tree, top: { ...tree.top, members } },
  };
}

type Member = Members extends Map<string, infer M> ? M : never;

/** Its parameters that are in the Inform; `undefined`: none. */
function cut(member: Member, informed: readonly string[]): Member | undefined {
  switch (member.is) {
    case 'leaf':
      return informed.includes(member.template) ? member : undefined;
    case 'object': {
      const small = cutObject(member, informed);
      return small.members.size === 0 ? undefined : small;
    }
    case 'table':
      return cutTable(member, informed);
  }
}

function cutObject(object: ObjectShape, informed: readonly string[]): ObjectShape {
  const members = [...object.members].flatMap(([name, member]): [string, Member][] => {
    const small = cut(member, informed);
    return small === undefined ? [] : [[name, small]];
  });
  return { ...object, members: new Map(members) };
}

function cutTable(table: TableShape, informed: readonly string[]): TableShape | undefined {
  const row = cutObject(table.row, informed);
  const rows = new Map([...table.rows].map(([number, each]) => [number, cutObject(each, informed)]));
  return row.members.size === 0 ? undefined : { ...table, row, rows };
}
