"""the address that an account gets by a link"""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('account_token') as table:
        table.add_column(sa.Column('email', sa.String(length=254), nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM account_token WHERE purpose IN ('move', 'move_back')")
    with op.batch_alter_table('account_token') as table:
        table.drop_column('email')
