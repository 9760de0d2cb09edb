use mysql_common::row::Row;
use mysql_common::row::convert::FromRow;

use crate::{Error, Result};

/// Converts a row. The error names its columns, but contains no values.
pub(crate) fn convert<T: FromRow>(row: Row) -> Result<T> {
    let columns = row.columns();
    T::from_row_opt(row).map_err(|_| {
        let names: Vec<_> = columns.iter().map(|column| column.name_str()).collect();
        let names = names.join(", ");
        let wanted = std::any::type_name::<T>();
        Error::Conversion(format!(
            "cannot convert a row of the columns ({names}) to {wanted}"
        ))
    })
}
