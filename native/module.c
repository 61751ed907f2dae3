/* `Tables`: the lines of a web log that can be proven well-formed, counted without the interpreter's lock.
 *
 * The Python side of it is `lane.py`; the rest of the program meets it nowhere else.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <stddef.h>

#include "report.h"

typedef struct {
    PyObject_HEAD
    Tables tables;
    int busy; /* some thread is in it, without the lock */
} Object;

static int enter(Object *self)
{
    if (self->busy) {
        PyErr_SetString(PyExc_RuntimeError, "these tables are in use by another thread");
        return 0;
    }
    self->busy = 1;
    return 1;
}

static PyObject *tables_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *words[] = {"detailed", "quoted", "hosts", "seed", NULL};
    int detailed, quoted, hosts;
    unsigned long long seed;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "ppiK", words, &detailed, &quoted, &hosts, &seed))
        return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    Object *self = (Object *)allocate(type, 0); /* all zero */
    if (self == NULL)
        return NULL;
    self->tables.detailed = detailed;
    self->tables.quoted = quoted;
    self->tables.hosts = hosts;
    self->tables.seed = seed;
    if (!start_tables(&self->tables)) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    return (PyObject *)self;
}

static void tables_dealloc(Object *self)
{
    PyTypeObject *type = Py_TYPE((PyObject *)self);
    free_tables(&self->tables);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

static PyObject *odd_list(const Odds *odds)
{
    PyObject *list = PyList_New(odds->count);
    for (uint32_t i = 0; list && i < odds->count; i++) {
        const Odd *odd = &odds->items[i];
        PyObject *item = Py_BuildValue("(Knn)", (unsigned long long)odd->line, (Py_ssize_t)odd->start, (Py_ssize_t)odd->end);
        if (item == NULL || PyList_SetItem(list, i, item) < 0)
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *tables_scan(Object *self, PyObject *args)
{
    Py_buffer view;
    Py_ssize_t start, stop;
    Odds odds = {0};
    if (!PyArg_ParseTuple(args, "y*nn", &view, &start, &stop))
        return NULL;
    const uint8_t *block = view.buf;
    if (start < 0 || stop < start || stop > view.len - PADDING || (stop > start && block[stop - 1] != '\n')) {
        PyBuffer_Release(&view);
        PyErr_SetString(PyExc_ValueError, "a block ends with a newline, and room for reading ahead is behind it");
        return NULL;
    }
    if (!enter(self)) {
        PyBuffer_Release(&view);
        return NULL;
    }
    int64_t lines;
    Py_BEGIN_ALLOW_THREADS
    lines = scan_block(&self->tables, block, (size_t)start, (size_t)stop, &odds);
    Py_END_ALLOW_THREADS
    self->busy = 0;
    PyBuffer_Release(&view);
    PyObject *list = lines < 0 ? PyErr_NoMemory() : odd_list(&odds);
    free(odds.items);
    return list ? Py_BuildValue("(LN)", (long long)lines, list) : NULL;
}

static PyObject *tables_merge(Object *self, PyObject *args)
{
    PyObject *other;
    int used_up, done;
    if (!PyArg_ParseTuple(args, "Op", &other, &used_up))
        return NULL;
    Object *theirs = (Object *)other;
    if (Py_TYPE(other) != Py_TYPE((PyObject *)self) || other == (PyObject *)self) {
        PyErr_SetString(PyExc_TypeError, "other tables are needed");
        return NULL;
    }
    if (!enter(self))
        return NULL;
    if (!enter(theirs)) {
        self->busy = 0;
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    done = merge_tables(&self->tables, &theirs->tables, used_up);
    Py_END_ALLOW_THREADS
    self->busy = theirs->busy = 0;
    if (!done)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

static int one_of(int value, int count)
{
    if (value >= 0 && value < count)
        return 1;
    PyErr_SetString(PyExc_ValueError, "no such kind");
    return 0;
}

static PyObject *tables_put(Object *self, PyObject *args)
{
    static const int firsts[TALLIES] = {CLIENT, REQUEST, REFERRER, USER, HOST};
    static const int seconds[TALLIES] = {AGENT, STATUS, FIELDS, FIELDS, FIELDS};
    int kind;
    long long number;
    const char *a, *b;
    Py_ssize_t a_length, b_length;
    long long hits, size; /* signed: a number that is too large raises OverflowError */
    if (!PyArg_ParseTuple(args, "iLy#y#LL", &kind, &number, &a, &a_length, &b, &b_length, &hits, &size))
        return NULL;
    Tables *tables = &self->tables;
    if (hits < 0 || size < 0 || hits > MAX_PUT_HITS || size > MAX_PUT_BYTES - tables->put_bytes) {
        PyErr_SetString(PyExc_OverflowError, "more than these tables can hold");
        return NULL;
    }
    if (!one_of(kind, TALLIES) || !enter(self))
        return NULL;
    tables->put_bytes += size;
    uint32_t first = name_id(tables, firsts[kind], (const uint8_t *)a, (uint32_t)a_length), second = 0;
    if (seconds[kind] != FIELDS)
        second = name_id(tables, seconds[kind], (const uint8_t *)b, (uint32_t)b_length);
    Hour *hour = first == NO_ID || second == NO_ID ? NULL : open_hour(tables, number);
    int done = hour != NULL;
    while (done && (hits || size)) { /* into as many cells as it takes */
        uint64_t many = hits < MAX_HITS ? (uint64_t)hits : MAX_HITS;
        uint64_t much = (uint64_t)size < MAX_CELL_BYTES ? (uint64_t)size : MAX_CELL_BYTES;
        done = add_to(&hour->tallies[kind], first, second, many, much);
        hits -= (long long)many;
        size -= (long long)much;
    }
    self->busy = 0;
    if (!done)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

static PyObject *tables_put_visit(Object *self, PyObject *args)
{
    const char *name;
    Py_ssize_t length;
    long long first, last;
    if (!PyArg_ParseTuple(args, "y#LL", &name, &length, &first, &last))
        return NULL;
    if (!is_countable(first) || !is_countable(last)) {
        PyErr_SetString(PyExc_OverflowError, "a time that these tables cannot hold");
        return NULL;
    }
    if (!enter(self))
        return NULL;
    uint32_t id = name_id(&self->tables, CLIENT, (const uint8_t *)name, (uint32_t)length);
    Client *client = id == NO_ID ? NULL : client_of(&self->tables, id);
    int done = client && add_visit(client, (uint32_t)(first - EPOCH_S), (uint32_t)(last - EPOCH_S));
    self->busy = 0;
    if (!done)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}

static PyObject *tables_counts(Object *self, PyObject *unused)
{
    const Counts *counts = &self->tables.counts;
    (void)unused;
    return Py_BuildValue("(KKK(Li)(Li))", (unsigned long long)counts->common, (unsigned long long)counts->combined,
                         (unsigned long long)counts->hosted, (long long)counts->first_s, (int)counts->first_offset_s,
                         (long long)counts->last_s, (int)counts->last_offset_s);
}

static PyObject *tables_statuses(Object *self, PyObject *unused)
{
    PyObject *found = PyDict_New();
    (void)unused;
    for (int status = 0; found && status < STATUSES; status++) {
        if (self->tables.statuses[status] == 0)
            continue;
        PyObject *key = PyLong_FromLong(status), *count = PyLong_FromUnsignedLongLong(self->tables.statuses[status]);
        if (key == NULL || count == NULL || PyDict_SetItem(found, key, count) < 0)
            Py_CLEAR(found);
        Py_XDECREF(key);
        Py_XDECREF(count);
    }
    return found;
}

static PyObject *tables_names(Object *self, PyObject *args)
{
    int kind;
    if (!PyArg_ParseTuple(args, "i", &kind) || !one_of(kind, FIELDS))
        return NULL;
    const Names *names = &self->tables.names[kind];
    PyObject *list = PyList_New(names->count);
    for (uint32_t i = 0; list && i < names->count; i++) {
        PyObject *name = PyBytes_FromStringAndSize((const char *)names->items[i].at, names->items[i].length);
        if (name == NULL || PyList_SetItem(list, i, name) < 0)
            Py_CLEAR(list);
    }
    return list;
}

/* One column of an array of structures, as bytes for a memoryview. */
static PyObject *column(const void *items, size_t count, size_t stride, size_t offset, size_t size)
{
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(count * size));
    if (bytes == NULL)
        return NULL;
    char *to = PyBytes_AsString(bytes);
    const char *from = (const char *)items + offset;
    for (size_t i = 0; i < count; i++)
        memcpy(to + i * size, from + i * stride, size);
    return bytes;
}

#define COLUMN(items, count, type, member) \
    column(items, count, sizeof(type), offsetof(type, member), sizeof(((type *)0)->member))

static PyObject *tables_clients(Object *self, PyObject *unused)
{
    const Tables *tables = &self->tables;
    uint32_t count = tables->names[CLIENT].count;
    (void)unused;
    if (count > tables->client_room && client_of(&self->tables, count - 1) == NULL)
        return PyErr_NoMemory();
    return Py_BuildValue("(NN)", COLUMN(tables->clients, count, Client, hits),
                         COLUMN(tables->clients, count, Client, size));
}

/* Every hour in order, with its hits and bytes. */
static PyObject *tables_hours(Object *self, PyObject *unused)
{
    const Tables *tables = &self->tables;
    PyObject *list = PyList_New(tables->hour_count);
    (void)unused;
    for (uint32_t i = 0; list && i < tables->hour_count; i++) {
        const Hour *hour = tables->hours[i];
        unsigned long long hits = 0, size = 0;
        for (uint32_t j = 0; j < hour->tallies[VISITORS].count; j++) {
            hits += hour->tallies[VISITORS].cells[j].hits;
            size += hour->tallies[VISITORS].cells[j].size;
        }
        PyObject *item = Py_BuildValue("(LKK)", (long long)hour->number, hits, size);
        if (item == NULL || PyList_SetItem(list, i, item) < 0)
            Py_CLEAR(list);
    }
    return list;
}

/* A sequence of hours as an array, to be freed; 0 and an error if it is none. */
static int hours_of(PyObject *sequence, Wanted *hours)
{
    Py_ssize_t length = PySequence_Size(sequence);
    if (length < 0)
        return 0;
    int64_t *numbers = malloc(((size_t)length + 1) * sizeof *numbers);
    if (numbers == NULL) {
        PyErr_NoMemory();
        return 0;
    }
    for (Py_ssize_t i = 0; i < length; i++) {
        PyObject *item = PySequence_GetItem(sequence, i);
        numbers[i] = item ? PyLong_AsLongLong(item) : -1;
        Py_XDECREF(item);
        if (PyErr_Occurred()) {
            free(numbers);
            return 0;
        }
    }
    *hours = (Wanted){numbers, (size_t)length};
    return 1;
}

/* Sums as four columns, and the sums freed. */
static PyObject *columns_of(Sums *sums, int done)
{
    PyObject *columns = NULL;
    if (done)
        columns = Py_BuildValue("(NNNN)", COLUMN(sums->items, sums->count, Sum, a), COLUMN(sums->items, sums->count, Sum, b),
                                COLUMN(sums->items, sums->count, Sum, hits), COLUMN(sums->items, sums->count, Sum, size));
    else
        PyErr_NoMemory();
    free_sums(sums);
    return columns;
}

static PyObject *tables_rows(Object *self, PyObject *args)
{
    int kind, by, done;
    long long second; /* negative: any */
    PyObject *wanted;
    Wanted hours;
    Sums sums = {0};
    if (!PyArg_ParseTuple(args, "iiLO", &kind, &by, &second, &wanted) || !one_of(kind, TALLIES) || !one_of(by, 3))
        return NULL;
    if (!hours_of(wanted, &hours))
        return NULL;
    if (!enter(self)) {
        free((void *)hours.numbers);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    done = sum_hours(&self->tables, kind, by, second < 0 ? NO_ID : (uint32_t)second, hours, &sums);
    Py_END_ALLOW_THREADS
    self->busy = 0;
    free((void *)hours.numbers);
    return columns_of(&sums, done);
}

static PyObject *tables_daily(Object *self, PyObject *wanted)
{
    Wanted hours;
    int64_t total;
    if (!hours_of(wanted, &hours))
        return NULL;
    if (!enter(self)) {
        free((void *)hours.numbers);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    total = daily_pairs(&self->tables, VISITORS, hours);
    Py_END_ALLOW_THREADS
    self->busy = 0;
    free((void *)hours.numbers);
    return total < 0 ? PyErr_NoMemory() : PyLong_FromLongLong(total);
}

static PyObject *tables_marked(Object *self, PyObject *args)
{
    const char *marks;
    Py_ssize_t marked;
    PyObject *wanted;
    Wanted hours;
    int64_t total;
    if (!PyArg_ParseTuple(args, "y#O", &marks, &marked, &wanted) || !hours_of(wanted, &hours))
        return NULL;
    if (!enter(self)) {
        free((void *)hours.numbers);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    total = count_marked(&self->tables, VISITORS, (const uint8_t *)marks, (size_t)marked, hours);
    Py_END_ALLOW_THREADS
    self->busy = 0;
    free((void *)hours.numbers);
    return total < 0 ? PyErr_NoMemory() : PyLong_FromLongLong(total);
}

static PyObject *tables_starts(Object *self, PyObject *args)
{
    long long offset_s;
    int64_t base;
    int done;
    Sums sums = {0};
    if (!PyArg_ParseTuple(args, "L", &offset_s) || !enter(self))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    done = count_starts(&self->tables, offset_s, &sums, &base);
    Py_END_ALLOW_THREADS
    self->busy = 0;
    PyObject *columns = columns_of(&sums, done);
    return columns ? Py_BuildValue("(LN)", (long long)base, columns) : NULL;
}

static PyObject *tables_visits(Object *self, PyObject *unused)
{
    const Tables *tables = &self->tables;
    uint32_t clients = tables->names[CLIENT].count, place = 0;
    size_t count = 0;
    (void)unused;
    if (clients > tables->client_room)
        clients = tables->client_room;
    for (uint32_t id = 0; id < clients; id++)
        count += tables->clients[id].spans;
    struct visit {
        int64_t first, last;
        uint32_t client;
    } *visits = malloc((count + 1) * sizeof *visits);
    if (visits == NULL)
        return PyErr_NoMemory();
    for (uint32_t id = 0; id < clients; id++) {
        const Client *client = &tables->clients[id];
        for (uint32_t i = 0; i < client->spans; i++) {
            Span span = i + 1 == client->spans ? client->latest : client->older[i];
            visits[place++] = (struct visit){EPOCH_S + span.first, EPOCH_S + span.last, id};
        }
    }
    PyObject *found = Py_BuildValue("(NNN)", COLUMN(visits, count, struct visit, client),
                                    COLUMN(visits, count, struct visit, first),
                                    COLUMN(visits, count, struct visit, last));
    free(visits);
    return found;
}

static PyMethodDef methods[] = {
    {"scan", (PyCFunction)tables_scan, METH_VARARGS, NULL},
    {"merge", (PyCFunction)tables_merge, METH_VARARGS, NULL},
    {"put", (PyCFunction)tables_put, METH_VARARGS, NULL},
    {"put_visit", (PyCFunction)tables_put_visit, METH_VARARGS, NULL},
    {"counts", (PyCFunction)tables_counts, METH_NOARGS, NULL},
    {"statuses", (PyCFunction)tables_statuses, METH_NOARGS, NULL},
    {"names", (PyCFunction)tables_names, METH_VARARGS, NULL},
    {"clients", (PyCFunction)tables_clients, METH_NOARGS, NULL},
    {"hours", (PyCFunction)tables_hours, METH_NOARGS, NULL},
    {"rows", (PyCFunction)tables_rows, METH_VARARGS, NULL},
    {"daily", (PyCFunction)tables_daily, METH_O, NULL},
    {"marked", (PyCFunction)tables_marked, METH_VARARGS, NULL},
    {"starts", (PyCFunction)tables_starts, METH_VARARGS, NULL},
    {"visits", (PyCFunction)tables_visits, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, tables_new},
    {Py_tp_dealloc, tables_dealloc},
    {Py_tp_methods, methods},
    {0, NULL},
};

static PyType_Spec spec = {"twisted_suite.accesslog.kernel.Tables", sizeof(Object), 0, Py_TPFLAGS_DEFAULT, slots};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "kernel", "Counts the lines of web logs that it can prove well-formed.", -1, NULL, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_kernel(void)
{
    PyObject *module = PyModule_Create(&definition);
    PyObject *type = module ? PyType_FromModuleAndSpec(module, &spec, NULL) : NULL;
    if (type == NULL || PyModule_AddObjectRef(module, "Tables", type) < 0)
        Py_CLEAR(module);
    Py_XDECREF(type);
    return module;
}
