"""requests for kinder words in arguments"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0054'
down_revision = '0050'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('argument') as table:
        table.add_column(sa.Column('kinder', sa.String(length=20), nullable=True))


def downgrade() -> None:
    refuse_downgrade_with(
        'SELECT 1 FROM argument WHERE kinder IS NOT NULL', 'Earlier versions know no requests for kinder words.'
    )
    op.execute("DELETE FROM notification WHERE reason = 'kinder_words'")
    with op.batch_alter_table('argument') as table:
        table.drop_column('kinder')
