/**
 * What runs leave behind, made into tables, charts and pages.
 *
 * <p>Reads run directories and draws; nothing here trains, prints or parses arguments. Pages are single files that need
 * no network and no script.
 */
@NullMarked
package coppice.report;

import org.jspecify.annotations.NullMarked;
