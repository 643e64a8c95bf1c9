/** The same kind of modem with a tree that fits into a small capture. */
import type { Profile } from '../../simulator/index.ts';
import type { ObjectShape, TableShape } from '../../simulator/profile/tree-shape.ts';

type Members = ObjectShape['members'];

/** Of `kept` objects below the root all is left, of the rest what the Inform tells. */
export function withSmallTree(profile: Profile, kept: RegExp): Profile {
  const { inform, tree } = profile;
  const told = inform.parameters.map((name) => name.slice(tree.root.length).replace(/\.\d+\./g, '.{i}.'));
  const members = new Map(
    [...tree.top.members].flatMap(([name, member]): [string, typeof member][] => {
      const small = kept.test(name) ? member : cut(member, told);
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

/** What of it the Inform tells; `undefined`: nothing. */
function cut(member: Member, told: readonly string[]): Member | undefined {
  switch (member.is) {
    case 'leaf':
      return told.includes(member.template) ? member : undefined;
    case 'object': {
      const small = cutObject(member, told);
      return small.members.size === 0 ? undefined : small;
    }
    case 'table':
      return cutTable(member, told);
  }
}

function cutObject(object: ObjectShape, told: readonly string[]): ObjectShape {
  const members = [...object.members].flatMap(([name, member]): [string, Member][] => {
    const small = cut(member, told);
    return small === undefined ? [] : [[name, small]];
  });
  return { ...object, members: new Map(members) };
}

function cutTable(table: TableShape, told: readonly string[]): TableShape | undefined {
  const row = cutObject(table.row, told);
  const rows = new Map([...table.rows].map(([number, each]) => [number, cutObject(each, told)]));
  return row.members.size === 0 ? undefined : { ...table, row, rows };
}
