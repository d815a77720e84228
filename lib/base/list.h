/*
 * list.h - an intrusive, circular, doubly linked list.
 *
 * The head is a node that belongs to no element; an empty list's head points
 * at itself.  A node that is in no list must not be removed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_BASE_LIST_H
#define PW_BASE_LIST_H

#include <stdbool.h>

#include "base/compiler.h"

struct list {
	struct list *next;
	struct list *prev;
};

static inline void
list_init(struct list *head)
{
	head->next = head->prev = head;
}

static inline bool
list_empty(const struct list *head)
{
	return head->next == head;
}

static inline void
list_insert_after(struct list *where, struct list *node)
{
	node->prev = where;
	node->next = where->next;
	where->next->prev = node;
	where->next = node;
}

static inline void
list_insert_before(struct list *where, struct list *node)
{
	list_insert_after(where->prev, node);
}

static inline void
list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	node->next = node->prev = node;
}

#define list_for_each(node, head) \
	for ((node) = (head)->next; (node) != (head); (node) = (node)->next)

#define list_for_each_safe(node, tmp, head) \
	for ((node) = (head)->next; (tmp) = (node)->next, (node) != (head); \
	    (node) = (tmp))

#define list_entry(node, type, member)	PW_CONTAINER_OF(node, type, member)

#endif
