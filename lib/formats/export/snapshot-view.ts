/** What the lists of a heap snapshot hold. */
export interface SnapshotView {
  readonly nodeCount: number;
  readonly edgeCount: number;
  /** {@link NODE_FIELDS} numbers a node. */
  nodes(): Iterable<number>;
  /** Three numbers an edge, in the order of the nodes that they start from. Asked for behind the nodes. */
  edges(): Iterable<number>;
  /** The strings that both name by number. Asked for last. */
  texts(): Iterable<string>;
}

const NODE_TYPES = [
  'hidden',
  'array',
  'string',
  'object',
  'code',
  'closure',
  'regexp',
  'number',
  'native',
  'synthetic',
];
const EDGE_TYPES = ['context', 'element', 'property', 'internal', 'hidden', 'shortcut', 'weak'];

export const SNAPSHOT_META = {
  node_fields: ['type', 'name', 'id', 'self_size', 'edge_count', 'trace_node_id', 'detachedness'],
  node_types: [NODE_TYPES, 'string', 'number', 'number', 'number', 'number', 'number'],
  edge_fields: ['type', 'name_or_index', 'to_node'],
  edge_types: [EDGE_TYPES, 'string_or_number', 'node'],
  trace_function_info_fields: ['function_id', 'name', 'script_name', 'script_id', 'line', 'column'],
  trace_node_fields: ['id', 'function_info_index', 'count', 'size', 'children'],
  sample_fields: ['timestamp_us', 'last_assigned_id'],
  location_fields: ['object_index', 'script_id', 'line', 'column'],
};
export const NODE_FIELDS = SNAPSHOT_META.node_fields.length;
/** Indices of the types above. */
export const NodeType = { object: 3, closure: 5, number: 7, native: 8, synthetic: 9 } as const;
export const EdgeType = { element: 1, property: 2, internal: 3, weak: 6 } as const;
