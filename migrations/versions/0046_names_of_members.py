"""the name of an account, and the role of a viewer"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0046'
down_revision = '0045'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('account', sa.Column('name', sa.String(length=40), nullable=False, server_default=''))


def downgrade() -> None:
    refuse_downgrade_with("SELECT 1 FROM member WHERE role = 'viewer'", 'Earlier versions know no viewers.')
    refuse_downgrade_with("SELECT 1 FROM invitation WHERE role = 'viewer'", 'Earlier versions know no viewers.')
    refuse_downgrade_with("SELECT 1 FROM account WHERE name <> ''", 'The names of members would be lost.')
    with op.batch_alter_table('account') as table:
        table.drop_column('name')
