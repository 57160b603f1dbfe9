#include <readstat.h>
#include <stdio.h>
#include <stdlib.h>
static ssize_t out(const void *p, size_t n, void *ctx) { return fwrite(p, 1, n, ctx); }
int main(int argc, char **argv) {
  FILE *f = fopen(argv[2], "wb");
  readstat_writer_t *w = readstat_writer_init();
  readstat_set_data_writer(w, out);
  readstat_writer_set_file_format_version(w, atoi(argv[1]));
  readstat_writer_set_table_name(w, "AE");
  readstat_variable_t *term = readstat_add_variable(w, "AETERM", READSTAT_TYPE_STRING, 12);
  readstat_variable_set_label(term, "Reported Term");
  readstat_variable_t *day = readstat_add_variable(w, "AESTDY", READSTAT_TYPE_DOUBLE, 8);
  readstat_variable_t *date = readstat_add_variable(w, "AESTDT", READSTAT_TYPE_DOUBLE, 8);
  readstat_variable_set_format(date, "E8601DA10");
  const char *terms[] = {"Headache", "", "Rash"};
  readstat_begin_writing_xport(w, f, 3 + 27);
  for (int i = 0; i < 3 + 27; i++) {
    readstat_begin_row(w);
    readstat_insert_string_value(w, term, i < 3 ? terms[i] : "Missing");
    if (i < 3) readstat_insert_double_value(w, day, i * 1.25 - 1);
    else if (i == 3) readstat_insert_tagged_missing_value(w, day, '_');
    else readstat_insert_tagged_missing_value(w, day, 'A' + i - 4);
    if (i < 3) readstat_insert_double_value(w, date, 24237 + i); else readstat_insert_missing_value(w, date);
    readstat_end_row(w);
  }
  int rc = readstat_end_writing(w);
  fclose(f);
  return rc;
}
