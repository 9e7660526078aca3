"""whether questions help people who are stuck"""

import sqlalchemy as sa
from alembic import op

revision = '0058'
down_revision = '0057'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('challenge') as table:
        table.add_column(sa.Column('idea_prompts', sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade() -> None:
    with op.batch_alter_table('challenge') as table:
        table.drop_column('idea_prompts')
