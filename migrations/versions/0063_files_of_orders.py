"""files of drafts and of what is handed in for an order"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0063'
down_revision = '0062'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ('order_draft', 'delivery'):
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column('files', sa.JSON(), nullable=False, server_default='[]'))


def downgrade() -> None:
    refuse_downgrade_with(
        "SELECT 1 FROM stored_file WHERE owner_kind = 'order'", 'Files that were handed in would be lost.'
    )
    for name in ('order_draft', 'delivery'):
        with op.batch_alter_table(name) as table:
            table.drop_column('files')
